"""Models of transformers of every kind, with random weights, beside what transformers itself gives."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import tiny
from drawn import CONTENT, pictures, sounds
from made import dataset
from tastemaker.core import BadSetting, WeightsError, spec_of
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.hf.hf import HF
from tastemaker.features.text.bert import Bert

KINDS = [
    ("bert", "text", 16),
    ("qwen", "text", 16),
    ("resnet", "image", 16),
    ("vit", "image", 16),
    ("dino", "image", 16),
    ("clip", "text", 12),
    ("clip", "image", 12),
    ("siglip", "text", 16),
    ("siglip", "image", 16),
    ("clap", "text", 12),
    ("clap", "audio", 12),
    ("ast", "audio", 16),
    ("wav2vec2", "audio", 16),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A function that gives the folder of a small model, made once."""
    base, there = tmp_path_factory.mktemp("hf"), {}

    def folder(kind, **how):
        key = (kind, *how.items())
        if key not in there:
            there[key] = tiny.build(kind, base / f"{kind}{len(there)}", **how)
        return there[key]

    return folder


def unit(rows):
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.mark.parametrize(("kind", "source", "dim"), KINDS)
def test_every_kind_keeps_the_contract_of_encoders(models, kind, source, dim):
    def build(**how):
        return ENCODERS.build({"name": "hf", "model": models(kind), "source": source, "device": "cpu", **how})

    encoder, content = build(), CONTENT[source]()
    vectors = encoder.encode(content)
    assert vectors.shape == (len(content), dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert build().encode([]).shape == (0, dim)
    np.testing.assert_allclose(build(batch=1).encode(content), vectors, atol=1e-4)
    np.testing.assert_allclose(encoder.encode(content[::-1])[::-1], vectors, atol=1e-4)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).encode(content[:1]), encoder.encode(content[:1]))
    assert encoder.fingerprint() == build(batch=2, threads=1, label="other").fingerprint()
    assert encoder.fingerprint() != build(normalise=False).fingerprint()
    assert encoder.fingerprint() != build(dtype="bfloat16").fingerprint()


@pytest.mark.parametrize(("kind", "source", "dim"), KINDS)
def test_half_numbers_come_close(models, kind, source, dim):
    one, half = (HF(model=models(kind), source=source, dtype=d, device="cpu") for d in ("float32", "bfloat16"))
    content = CONTENT[source]()[:3]
    assert ((one.encode(content) * half.encode(content)).sum(1) > 0.98).all()


def test_texts_are_pooled_as_asked(models):
    from transformers import AutoModel, AutoTokenizer

    folder = models("bert")
    tokens = AutoTokenizer.from_pretrained(folder)("a b", return_tensors="pt")
    with torch.inference_mode():
        output = AutoModel.from_pretrained(folder).eval()(**tokens)
    hidden = output.last_hidden_state[0]
    expected = {"mean": hidden.mean(0), "cls": hidden[0], "last": hidden[-1], "pooler": output.pooler_output[0]}
    for pooling, row in {**expected, "auto": hidden.mean(0)}.items():
        found = HF(model=folder, pooling=pooling, normalise=False, device="cpu").encode(["a b c d e", "a b"])[1]
        np.testing.assert_allclose(found, row, atol=1e-5)
    same = Bert(folder=folder).encode(["a b", "piano"])
    np.testing.assert_allclose(HF(model=folder, device="cpu").encode(["a b", "piano"]), same, atol=1e-5)


def test_a_folder_says_itself_how_it_pools(models):
    plain = HF(model=models("bert"), pooling="cls", device="cpu").encode(["a b"])
    said = HF(model=models("bert", pooling="cls_token"), device="cpu")
    np.testing.assert_allclose(said.encode(["a b"]), plain, atol=1e-6)
    assert said.fingerprint() != HF(model=models("bert"), device="cpu").fingerprint()


def test_decoders_give_their_last_token(models):
    from transformers import AutoModel, AutoTokenizer

    folder = models("qwen")
    tokens = AutoTokenizer.from_pretrained(folder)("a b c", return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder).eval()(**tokens).last_hidden_state[0]
    found = HF(model=folder, device="cpu").encode(["a b c", "a b c d e f g h"])[0]
    np.testing.assert_allclose(found, unit(hidden[-1]), atol=1e-5)


def test_a_prefix_is_read_before_each_text(models):
    folder = models("bert")
    with_prefix = HF(model=folder, prefix="query: ", device="cpu")
    same = HF(model=folder, device="cpu").encode(["query: a piano"])
    np.testing.assert_allclose(with_prefix.encode(["a piano"]), same, atol=1e-6)
    assert with_prefix.fingerprint() != HF(model=folder, device="cpu").fingerprint()


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_text_and_pictures_are_those_of_the_joint_space(models, kind):
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    folder = models(kind)
    model, picture = AutoModel.from_pretrained(folder).eval(), pictures()[2]
    pixels = AutoImageProcessor.from_pretrained(folder, backend="pil")(Image.fromarray(picture), return_tensors="pt")
    how = {"padding": "max_length", "max_length": 24} if kind == "siglip" else {}
    words = AutoTokenizer.from_pretrained(folder)("a b", return_tensors="pt", **how)
    mask = {} if kind == "siglip" else {"attention_mask": words["attention_mask"]}
    with torch.inference_mode():
        seen = model.get_image_features(**pixels).pooler_output[0]
        read = model.get_text_features(input_ids=words["input_ids"], **mask).pooler_output[0]
    found = HF(model=folder, source="image", device="cpu").encode([picture])[0]
    np.testing.assert_allclose(found, unit(seen), atol=1e-5)
    np.testing.assert_allclose(HF(model=folder, device="cpu").encode(["a b"])[0], unit(read), atol=1e-5)


def test_pictures_are_pooled_by_the_model_itself_where_it_can(models):
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModel

    picture = pictures()[2]
    for kind, row in (
        ("resnet", lambda output: output.pooler_output[0].flatten()),
        ("vit", lambda output: output.pooler_output[0]),
        ("dino", lambda output: output.last_hidden_state[0, 0]),
    ):
        pixels = AutoImageProcessor.from_pretrained(models(kind), backend="pil")(
            Image.fromarray(picture), return_tensors="pt"
        )
        with torch.inference_mode():
            expected = row(AutoModel.from_pretrained(models(kind)).eval()(**pixels))
        found = HF(model=models(kind), source="image", device="cpu").encode([picture])[0]
        np.testing.assert_allclose(found, unit(expected), atol=1e-5)


def test_a_pooler_without_weights_is_not_filled_up_at_random(models):
    folder = models("vit", pooler=False)
    first = HF(model=folder, source="image", pooling="cls", device="cpu").encode(pictures()[:1])
    np.testing.assert_array_equal(HF(model=folder, source="image", device="cpu").encode(pictures()[:1]), first)
    with pytest.raises(WeightsError, match="no weights for the pooler"):
        HF(model=folder, source="image", pooling="pooler", device="cpu").encode(pictures()[:1])
    with pytest.raises(WeightsError, match="has no pooler"):
        HF(model=models("wav2vec2"), source="audio", pooling="pooler", device="cpu").encode(sounds()[:1])


def test_a_sound_is_the_mean_of_windows_at_even_distances(models):
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(5, 16_000)).astype(np.float32)
    build = lambda **how: HF(model=models("wav2vec2"), source="audio", seconds=1, normalise=False, device="cpu", **how)  # noqa: E731
    rows = build().encode(list(parts))
    np.testing.assert_allclose(build().encode([parts.ravel()])[0], rows.mean(0), atol=1e-5)
    np.testing.assert_allclose(build(windows=3).encode([parts.ravel()])[0], rows[[0, 2, 4]].mean(0), atol=1e-5)
    with_rest = np.concatenate([parts[0], parts[1][:4_000]])
    np.testing.assert_allclose(build().encode([with_rest])[0], rows[0], atol=1e-5)


def test_several_models_have_names_of_their_own(models, tmp_path):
    first = {"name": "hf", "model": models("bert"), "device": "cpu"}
    one, two = ENCODERS.build({**first, "label": "small"}), ENCODERS.build({**first, "pooling": "cls"})
    assert (one.name, two.name, spec_of(one)["name"]) == ("small", "hf", "hf")
    data = dataset(items=2, content={"text": [("a piano",), ("a cookbook",)]})
    found = extract(data, [one, two], cache=FeatureCache(tmp_path)).features
    assert set(found) == {"small", "hf"}
    np.testing.assert_allclose(found["small"].vectors, one.encode(["a piano", "a cookbook"]), atol=1e-6)
    with pytest.raises(BadSetting, match="2 encoders are called 'hf'"):
        extract(data, [two, two], cache=FeatureCache(tmp_path))
    with pytest.raises(BadSetting, match="label"):
        ENCODERS.build({**first, "label": "../up"})


def test_pictures_are_read_by_the_pipeline(models, tmp_path):
    from PIL import Image

    Image.fromarray(pictures()[2]).save(tmp_path / "a.png")
    data = dataset(items=1, content={"image": [(tmp_path / "a.png",)]})
    encoder = HF(model=models("clip"), source="image", device="cpu")
    found = extract(data, [encoder], cache=FeatureCache(tmp_path / "cache")).features["hf"]
    assert (found.source, found.vectors.shape, found.present.tolist()) == ("image", (1, 12), [True])


def test_an_id_is_found_among_what_was_pulled(models, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    place = tmp_path / "weights" / "hub--org--small@abc"
    place.parent.mkdir()
    shutil.copytree(models("bert"), place)
    expected = HF(model=models("bert"), device="cpu")
    for how in ({"model": "org/small"}, {"model": "org/small", "revision": "abc"}, {"model": "hub:org/small@abc"}):
        assert HF(**how, device="cpu").fingerprint() == expected.fingerprint()
    with pytest.raises(WeightsError, match=r"weights pull hub:org/small@other"):
        HF(model="org/small", revision="other").fingerprint()
    shutil.copytree(place, place.with_name("hub--org--small@def"))
    with pytest.raises(WeightsError, match="Several revisions of org/small are here: abc, def"):
        HF(model="org/small").fingerprint()


@pytest.mark.parametrize("wrong", ["", "no/such", "../../etc", "nosuch", "a/b/c"])
def test_a_model_that_is_not_here_says_what_to_do(wrong, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match="folder"):
        HF(model=wrong).encode(["a"])


def test_what_the_model_cannot_read_is_refused(models):
    with pytest.raises(WeightsError, match="holds no AutoFeatureExtractor"):
        HF(model=models("clip"), source="audio", device="cpu").encode(sounds()[:1])
    with pytest.raises(BadSetting, match="pools by itself"):
        HF(model=models("clip"), pooling="mean", device="cpu").encode(["a"])
    with pytest.raises(WeightsError, match="AutoImageProcessor"):
        HF(model=models("bert"), source="image", device="cpu").encode(pictures()[:1])
    with pytest.raises(WeightsError, match="tokenizer"):
        HF(model=models("vit"), device="cpu").encode(["a"])


def test_only_safetensors_are_read_and_no_code_is_run(models, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(models("bert"), folder)
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="no safetensors file"):
        HF(model=str(folder)).encode(["a"])
    shutil.copy(Path(models("bert")) / "model.safetensors", folder)
    said = json.loads((folder / "config.json").read_text())
    said |= {"model_type": "mine", "auto_map": {"AutoModel": "mine.Model", "AutoConfig": "mine.Config"}}
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(WeightsError):
        HF(model=str(folder)).encode(["a"])
    assert not (tmp_path / "ran").exists()


def test_the_fingerprint_is_that_of_the_files(models, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(models("clip"), folder)
    before = HF(model=models("clip")).fingerprint()
    assert HF(model=str(folder)).fingerprint() == before
    said = folder / "preprocessor_config.json"
    said = said if said.is_file() else folder / "processor_config.json"
    said.write_text(said.read_text().replace("32", "36"))
    assert HF(model=str(folder)).fingerprint() != before

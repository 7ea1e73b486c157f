"""The encoders of the reference preset, on small random models of the same architecture."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from drawn import pictures, sounds, tone
from tastemaker.core import TastemakerError, WeightsError
from tastemaker.features.audio import vggish
from tastemaker.features.audio.vggish import VGGish
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.image.pixels import square
from tastemaker.features.image.resnet import ResNet
from tastemaker.features.text.bert import Bert

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "piano", "cookbook", "of", "recipes"]
TEXTS = ["a piano", "a cookbook of recipes", "piano " * 40, "unknown"]


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory):
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=24, **sizes)).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def resnet_folder(tmp_path_factory):
    from transformers import ResNetConfig, ResNetModel

    folder = tmp_path_factory.mktemp("resnet")
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 24], depths=[1, 1], layer_type="basic")
    ResNetModel(config).save_pretrained(folder)
    return folder


def vggish_tensors():
    random = torch.Generator().manual_seed(0)
    widths = {"0": (1, 4), "3": (4, 4), "6": (4, 6), "8": (6, 6), "11": (6, 8), "13": (8, 8)}
    tensors = {}
    for layer, (before, after) in widths.items():
        tensors[f"features.{layer}.weight"] = torch.randn(after, before, 3, 3, generator=random) * 0.3
        tensors[f"features.{layer}.bias"] = torch.randn(after, generator=random) * 0.1
    for layer, (before, after) in {"0": (8 * 4 * 6, 16), "2": (16, 16), "4": (16, 12)}.items():
        tensors[f"embeddings.{layer}.weight"] = torch.randn(after, before, generator=random) * 0.3
        tensors[f"embeddings.{layer}.bias"] = torch.randn(after, generator=random)
    return tensors


@pytest.fixture(scope="module")
def vggish_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vggish")
    save_file(vggish_tensors(), folder / "model.safetensors")
    return folder


@pytest.fixture(params=["bert", "resnet", "vggish"])
def case(request):
    """A small encoder, its content and its width."""
    folder = str(request.getfixturevalue(f"{request.param}_folder"))
    content, dim = {"bert": (TEXTS, 16), "resnet": (pictures(), 24), "vggish": (sounds(), 12)}[request.param]
    return lambda **more: ENCODERS.build({"name": request.param, "folder": folder, **more}), content, dim


def test_they_keep_the_contract_of_encoders(case):
    build, content, dim = case
    encoder = build()
    vectors = encoder.encode(content)
    assert vectors.shape == (len(content), dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert encoder.encode([]).shape == (0, dim)
    np.testing.assert_allclose(build(batch=1).encode(content), build(batch=32).encode(content), atol=1e-4)
    np.testing.assert_allclose(encoder.encode(content[::-1])[::-1], vectors, atol=1e-4)


def test_the_fingerprint_is_that_of_the_weights(case, tmp_path):
    build, _, _ = case
    before = build().fingerprint()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in Path(build().folder).iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert build(folder=str(copy), batch=3).fingerprint() == before
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert build(folder=str(copy)).fingerprint() != before


def test_bert_pools_as_asked(bert_folder):
    from transformers import BertModel

    with torch.inference_mode():
        hidden = BertModel.from_pretrained(bert_folder).eval()(torch.tensor([[1, 4, 5, 2]])).last_hidden_state[0]
    for pooling, expected in (("cls", hidden[0]), ("mean", hidden.mean(0))):
        encoder = Bert(folder=str(bert_folder), pooling=pooling, normalise=False)
        np.testing.assert_allclose(encoder.encode(["a piano"])[0], expected.numpy(), atol=1e-5)
    mean, cls = (Bert(folder=str(bert_folder), pooling=p) for p in ("mean", "cls"))
    assert mean.fingerprint() != cls.fingerprint()


def test_resnet_gives_the_pooled_features(resnet_folder):
    from transformers import ResNetModel

    picture = pictures()[0]
    pixels = torch.from_numpy(square(picture, 256, 224)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = ResNetModel.from_pretrained(resnet_folder).eval()(pixels).pooler_output.flatten().numpy()
    np.testing.assert_allclose(ResNet(folder=str(resnet_folder)).encode([picture])[0], expected, atol=1e-4)


def test_vggish_runs_the_published_layers(vggish_folder):
    from torch import nn

    shape = [1, 4, "M", 4, "M", 6, 6, "M", 8, 8, "M"]
    layers, width = [], shape[0]
    for one in shape[1:]:
        layers += [nn.MaxPool2d(2)] if one == "M" else [nn.Conv2d(width, one, 3, padding=1), nn.ReLU()]
        width = width if one == "M" else one
    head = [nn.Linear(192, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU()]
    net = nn.ModuleDict({"features": nn.Sequential(*layers), "embeddings": nn.Sequential(*head)})
    net.load_state_dict(vggish_tensors())
    mel = torch.from_numpy(vggish.log_mel(tone(440, 2.0)))
    with torch.inference_mode():
        x = net["features"](mel[: 2 * 96].reshape(2, 1, 96, 64))
        expected = net["embeddings"](x.permute(0, 2, 3, 1).flatten(1)).mean(0).numpy()
    np.testing.assert_allclose(VGGish(folder=str(vggish_folder)).encode([tone(440, 2.0)])[0], expected, atol=1e-5)


def test_vggish_takes_patches_at_even_distances(vggish_folder):
    mel = np.arange(10 * 96, dtype=np.float32)[:, None].repeat(64, 1)
    cut = VGGish(folder=str(vggish_folder), patches=3)._cut(mel)
    assert cut.shape == (3, 96, 64)
    assert list(cut[:, 0, 0]) == [0, 4 * 96, 9 * 96]


def test_vggish_filters_peak_at_one_and_leave_out_the_lowest():
    filters = vggish.mel_filters()
    assert filters.shape == (257, 64)
    assert filters.max() <= 1
    assert not filters[:4].any()  # under 125 Hz
    assert not filters[241:].any()  # over 7500 Hz
    silence = vggish.log_mel(np.zeros(16_000, np.float32))
    np.testing.assert_allclose(silence, np.log(0.01), atol=1e-6)
    assert silence.shape == (98, 64)


def test_absent_weights_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    for name in ("bert", "resnet"):
        with pytest.raises(WeightsError, match=r"is not here\. Try: tastemaker weights pull hub:"):
            ENCODERS.build(name).encode([None])
    with pytest.raises(WeightsError, match="Set `folder`"):
        VGGish().encode([None])
    with pytest.raises(WeightsError, match="is no address"):
        Bert(folder="hub:bert").fingerprint()


@pytest.mark.parametrize("name", ["bert", "resnet", "vggish"])
def test_folders_without_the_model_are_refused(tmp_path, name):
    encoder = ENCODERS.build({"name": name, "folder": str(tmp_path)})
    with pytest.raises(WeightsError, match="safetensors"):
        encoder.fingerprint()
    with pytest.raises(TastemakerError):
        encoder.encode([])
    (tmp_path / "config.json").write_text("[]")
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(TastemakerError):
        encoder.encode([np.zeros((9, 9, 3), np.uint8)])


def test_damaged_models_are_refused(tmp_path, bert_folder, resnet_folder):
    for cls, folder, entry in ((Bert, bert_folder, "a"), (ResNet, resnet_folder, pictures()[1])):
        copy = tmp_path / cls.name
        copy.mkdir()
        for file in folder.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        (copy / "model.safetensors").write_bytes(b"damaged")
        with pytest.raises(WeightsError, match="transformers can read"):
            cls(folder=str(copy)).encode([entry])


def test_weights_that_do_not_fit_are_not_filled_up_at_random(tmp_path, bert_folder):
    for file in bert_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    save_file({"other": torch.zeros(1)}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"do not fit its config\.json"):
        Bert(folder=str(tmp_path)).encode(["a"])


def test_another_model_is_not_taken_for_vggish(tmp_path):
    save_file({"features.0.weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"is not VGGish: it lacks features\.0\.bias"):
        VGGish(folder=str(tmp_path)).encode([tone(440, 1)])

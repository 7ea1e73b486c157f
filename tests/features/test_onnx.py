"""ONNX files that torch exported, beside torch itself."""

import pickle
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import tiny
from drawn import CONTENT, pictures, texts
from tastemaker.core import BadSetting, WeightsError
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.hf.hf import HF
from tastemaker.features.onnx.onnx import Onnx

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")


class Hidden(nn.Module):
    """A text model's hidden states, by position of its inputs."""

    def __init__(self, model, *, pooled=False):
        super().__init__()
        self.model, self.pooled = model, pooled

    def forward(self, input_ids, attention_mask):
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return output.pooler_output if self.pooled else output.last_hidden_state


class Small(nn.Module):
    """A vision model of one convolution; `last` takes channels last."""

    def __init__(self, *, last=False):
        super().__init__()
        self.net, self.last = nn.Sequential(nn.Conv2d(3, 12, 5, stride=4), nn.ReLU()), last

    def forward(self, pixels):
        return self.net(pixels.permute(0, 3, 1, 2) if self.last else pixels)


def export(model, given, path, names, free):
    torch.manual_seed(0)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer's remarks, and that it is the older way to export
        axes = {name: free for name in names} if free else None
        torch.onnx.export(
            model.eval(), given, path, input_names=names, output_names=["out"], dynamic_axes=axes, dynamo=False
        )
    return str(path)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    from transformers import AutoModel

    folder = Path(tiny.build("bert", tmp_path_factory.mktemp("onnx") / "bert"))
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    some = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])  # of a mask of ones the exporter would keep nothing
    given = (torch.ones(2, 5, dtype=torch.long), some)
    names = ["input_ids", "attention_mask"]
    export(Hidden(model), given, folder / "model.onnx", names, {0: "n", 1: "length"})
    export(Hidden(model, pooled=True), given, folder / "pooled.onnx", names, {0: "n", 1: "length"})
    fixed = (torch.ones(3, 24, dtype=torch.long), (torch.arange(24) < 20).long().expand(3, 24))
    export(Hidden(model), fixed, folder / "fixed.onnx", names, None)
    return folder


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seen")
    torch.manual_seed(0)
    first, last = Small(), Small(last=True)
    last.net.load_state_dict(first.net.state_dict())
    export(first, (torch.zeros(1, 3, 32, 32),), folder / "first.onnx", ["pixels"], {0: "n"})
    export(last, (torch.zeros(1, 32, 32, 3),), folder / "last.onnx", ["pixels"], {0: "n"})
    export(first, (torch.zeros(1, 3, 32, 32),), folder / "free.onnx", ["pixels"], {0: "n", 2: "high", 3: "wide"})
    return folder


def text(folder, name="model.onnx", **how):
    return ENCODERS.build({"name": "onnx", "model": str(folder / name), "max_length": 24, "threads": 1, **how})


def test_texts_get_the_vectors_of_torch(bert):
    for pooling in ("mean", "cls"):
        expected = HF(model=str(bert), pooling=pooling, device="cpu", max_length=24).encode(texts())
        np.testing.assert_allclose(text(bert, pooling=pooling).encode(texts()), expected, atol=1e-4)
    np.testing.assert_array_equal(text(bert).encode(texts()), text(bert, pooling="mean").encode(texts()))


def test_a_model_that_pools_itself_is_left_alone(bert):
    expected = HF(model=str(bert), pooling="pooler", normalise=False, device="cpu", chunks=1).encode(["a b", "piano"])
    found = text(bert, "pooled.onnx", normalise=False).encode(["a b", "piano"])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_files_of_a_fixed_number_and_length_are_filled_up(bert):
    np.testing.assert_allclose(text(bert, "fixed.onnx").encode(texts()), text(bert).encode(texts()), atol=1e-4)


def test_prefix_and_chunks(bert):
    same = text(bert).encode(["query: a piano"])
    np.testing.assert_allclose(text(bert, prefix="query: ").encode(["a piano"]), same, atol=1e-6)
    long = " ".join("abcdefghijklmnopqrstuvwxyz" * 2)
    assert not np.allclose(text(bert).encode([long]), text(bert, chunks=1).encode([long]), atol=1e-3)


@pytest.mark.parametrize(("source", "name"), [("text", "model.onnx"), ("image", "first.onnx"), ("image", "last.onnx")])
def test_they_keep_the_contract_of_encoders(bert, seen, source, name):
    folder = bert if source == "text" else seen
    encoder, content = text(folder, name, source=source), CONTENT[source]()
    vectors = encoder.encode(content)
    assert vectors.shape == (len(content), encoder.dim)
    assert vectors.dtype == np.float32
    assert encoder.encode([]).shape == (0, encoder.dim)
    alone = np.concatenate([encoder.encode([entry]) for entry in content])
    np.testing.assert_allclose(alone, vectors, atol=1e-4)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).encode(content), vectors)
    assert text(folder, name, source=source, batch=2, label="x", device="cpu").fingerprint() == encoder.fingerprint()
    assert text(folder, name, source=source, pooling="none").fingerprint() != encoder.fingerprint()


def test_pictures_are_scaled_and_cut_in_any_layout(seen):
    first, last = (text(seen, f"{name}.onnx", source="image", normalise=False) for name in ("first", "last"))
    np.testing.assert_allclose(first.encode(pictures()), last.encode(pictures()), atol=1e-4)
    assert first.side == last.side == 32
    grey = np.full((40, 70, 3), 255, np.uint8)
    torch.manual_seed(0)
    small, found = Small(), first.encode([grey])[0]
    white = (1 - np.array(first.mean)) / np.array(first.deviation)
    pixels = torch.tensor(white, dtype=torch.float32)[None, :, None, None].expand(1, 3, 32, 32)
    with torch.inference_mode():
        np.testing.assert_allclose(found, small(pixels).mean((2, 3))[0], atol=1e-4)
    free = text(seen, "free.onnx", source="image", size=64)
    assert free.side == 64
    assert free.encode(pictures()).shape == (6, 12)
    assert text(seen, "first.onnx", source="image", pooling="none").dim == 12 * 7 * 7


def test_what_is_wrong_is_said(bert, seen, tmp_path):
    with pytest.raises(WeightsError, match="set `model` to an"):
        Onnx().fingerprint()
    with pytest.raises(WeightsError, match="There is no file"):
        text(tmp_path).encode(["a"])
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(WeightsError, match="no model that onnxruntime can read"):
        text(tmp_path).encode(["a"])
    shutil.copy(bert / "model.onnx", tmp_path / "model.onnx")
    with pytest.raises(WeightsError, match=r"holds no tokenizer\.json"):
        text(tmp_path).encode(["a"])
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(WeightsError, match="is no tokenizer"):
        text(tmp_path).encode(["a"])
    with pytest.raises(WeightsError, match="wants pixels; a text model has input_ids"):
        text(seen, "first.onnx").encode(["a"])
    with pytest.raises(WeightsError, match="an image model has one input"):
        text(bert, source="image").encode(pictures())
    with pytest.raises(BadSetting, match="takes pictures of 32 pixels"):
        text(seen, "first.onnx", source="image", size=64).encode(pictures())
    with pytest.raises(BadSetting, match="has only"):
        text(bert, device="cuda").encode(["a"])


def test_the_fingerprint_is_that_of_the_files(bert, tmp_path):
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(bert / name, tmp_path / name)
    before = text(tmp_path).fingerprint()
    assert before == text(bert).fingerprint()
    (tmp_path / "model.onnx_data").write_bytes(b"more")
    data = text(tmp_path).fingerprint()
    (tmp_path / "tokenizer.json").write_text((tmp_path / "tokenizer.json").read_text() + " ")
    assert len({before, data, text(tmp_path).fingerprint()}) == 3

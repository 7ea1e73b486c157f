"""MiniLM: close texts lie close, pooling and cutting as the paper says, errors that help."""

import json
import sys

import numpy as np
import pytest

from tastemaker.core import BadSetting, TastemakerError, WeightsError
from tastemaker.features import engine, weights
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.text.minilm import MiniLM

try:
    weights.folder("minilm")
    HERE = True
except WeightsError:
    HERE = False
pulled = pytest.mark.skipif(not HERE, reason="weights not pulled: tastemaker weights pull minilm")


@pytest.fixture(scope="module")
def minilm():
    return MiniLM(threads=1)


@pulled
def test_similar_texts_lie_closer_than_others(minilm):
    ears, phones, cook = minilm.encode(
        [
            "wireless headphones with noise cancelling",
            "bluetooth earphones that block out sound",
            "a cookbook of Italian recipes",
        ]
    )
    assert ears @ phones == pytest.approx(0.674, abs=0.005)
    assert ears @ cook == pytest.approx(-0.047, abs=0.005)


@pulled
def test_vectors_are_the_mean_over_the_tokens_of_length_one(minilm):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = weights.folder("minilm")
    tokens = AutoTokenizer.from_pretrained(folder)("how to train a puppy", return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder).eval()(**tokens).last_hidden_state[0]
    expected = hidden.mean(0).numpy()
    np.testing.assert_allclose(
        minilm.encode(["how to train a puppy"])[0], expected / np.linalg.norm(expected), atol=1e-5
    )


@pulled
def test_texts_are_cut_after_the_last_chunk(minilm):
    long, longer = "word " * 300, "word " * 300 + "cookbook"
    same = MiniLM(threads=1, chunks=1).encode([long, longer])
    np.testing.assert_allclose(same[0], same[1], atol=1e-6)
    assert np.isfinite(minilm.encode(["", "x" * 100_000])).all()


@pulled
def test_threads_are_given_back(minilm):
    import torch

    before = torch.get_num_threads()
    with engine.inference(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_absent_weights_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    monkeypatch.delenv("TASTEMAKER_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="tastemaker weights pull minilm"):
        MiniLM().encode(["text"])
    with pytest.raises(WeightsError, match="There is no folder"):
        MiniLM(folder=str(tmp_path / "no")).fingerprint()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="holds no model"):
        MiniLM(folder=str(tmp_path)).encode(["text"])
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(WeightsError, match=r"holds no (model|tokenizer)"):
        MiniLM(folder=str(tmp_path)).encode(["text"])


def test_settings_are_checked():
    with pytest.raises(BadSetting, match="max_length"):
        ENCODERS.build({"name": "minilm", "max_length": 100_000})


def test_a_broken_torchvision_is_named(tmp_path, monkeypatch):
    (tmp_path / "torchvision").mkdir()
    text = "raise RuntimeError('operator torchvision::nms does not exist')"
    (tmp_path / "torchvision" / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TastemakerError, match="pip uninstall torchvision"):
        engine.import_transformers()


def test_a_sound_torchvision_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    engine.refuse_broken_torchvision()
    sys.modules.pop("torchvision")

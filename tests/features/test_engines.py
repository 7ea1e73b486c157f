"""Engines give equal vectors; the trial is made once, the export is whole or absent, torch stands in."""

import json
import pickle
import sys

import numpy as np
import pytest
import torch
from torch import nn

from tastemaker.core import BadSetting, MissingExtra, TastemakerError
from tastemaker.features import weights
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.engines import choice, exported, vino
from tastemaker.features.engines.choice import Chosen, trial
from tastemaker.features.engines.exported import InOnnx
from tastemaker.features.engines.network import InTorch, Network
from tastemaker.features.engines.vino import InOpenvino

pytest.importorskip("onnxruntime")
try:
    PLACES = {name: str(weights.folder(name)) for name in ("minilm", "efficientnet")}
except weights.WeightsError:
    PLACES = {}
pulled = pytest.mark.skipif(not PLACES, reason="weights not pulled: tastemaker weights pull minilm efficientnet")


class Sum(nn.Module):
    """Small and deep enough to be traced; `odd` makes it depend on the traced length, as a wrong export would."""

    def __init__(self, *, odd=False):
        super().__init__()
        torch.manual_seed(0)
        self.net, self.odd = nn.Linear(3, 5), odd

    def forward(self, rows):
        return self.net(rows).sum(1) / (rows.numpy().shape[1] if self.odd else 1)


def example():
    return {"rows": np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32)}


def network(mark="", **how):
    return Network("sum", lambda: mark or json.dumps(how), lambda: Sum(**how).eval(), example, free=(1,))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    return tmp_path / "engines"


def kept(home):
    return json.loads((home / "choices.json").read_text())


def cosines(one, other):
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def entries(name):
    rng = np.random.default_rng(1)
    if name == "efficientnet":
        return [rng.integers(0, 256, (60, 80, 3), dtype=np.uint8) for _ in range(5)]
    return ["a cowboy doll is jealous", "", "sea " * 40, "word " * 300]


@pulled
@pytest.mark.parametrize("name", ["minilm", "efficientnet"])
def test_onnx_gives_the_vectors_of_torch_under_the_same_fingerprint(name):
    ways = [
        ENCODERS.build({"name": name, "engine": e, "folder": PLACES[name], "threads": 1}) for e in ("torch", "onnx")
    ]
    one, other = (way.encode(entries(name)) for way in ways)
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert cosines(one, other).min() > 0.99999
    assert ways[0].fingerprint() == ways[1].fingerprint()
    assert pickle.loads(pickle.dumps(ways[1])).encode(entries(name)).tobytes() == other.tobytes()


@pulled
def test_bf16_lies_close_and_has_its_own_fingerprint():
    full, half = (
        ENCODERS.build({"name": "minilm", "engine": e, "folder": PLACES["minilm"], "threads": 1})
        for e in ("torch", "bf16")
    )
    near = cosines(full.encode(entries("minilm")), half.encode(entries("minilm")))
    assert near.mean() > 0.9995
    assert near.min() > 0.998
    assert full.fingerprint() != half.fingerprint()


@pulled
def test_openvino_lies_close_and_has_its_own_fingerprint():
    pytest.importorskip("openvino")
    settings = {"name": "efficientnet", "folder": PLACES["efficientnet"]}
    full = ENCODERS.build(settings | {"engine": "torch", "threads": 1})
    near = ENCODERS.build(settings | {"engine": "openvino", "threads": 2})
    rng = np.random.default_rng(2)
    soft = [np.kron(rng.integers(0, 256, (8, 8, 3)), np.ones((32, 32, 1))).astype(np.uint8) for _ in range(9)]
    found = cosines(full.encode(soft), near.encode(soft))
    assert found.mean() > 0.9995
    assert found.min() > 0.998
    assert full.fingerprint() != near.fingerprint()


def test_openvino_runs_a_network_whole_or_in_two_parts(home):
    pytest.importorskip("openvino")
    rows = np.random.default_rng(0).normal(size=(4, 3, 8, 8)).astype(np.float32)

    def load():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.Flatten()).eval()

    for exact in (0, 1):
        net = Network("net", lambda: "x", load, lambda: {"pixels": rows}, exact=exact)
        np.testing.assert_allclose(InOpenvino(net, 1)(rows), InTorch(net, 1)(rows), atol=0.02)


def test_without_openvino_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(vino, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[openvino\]"):
        InOpenvino(network(), 1)


def test_a_trial_is_made_for_many_entries_and_kept(home, monkeypatch):
    chosen = Chosen(network(), "auto", 1)
    chosen.prepare(1)
    assert chosen.engine == "auto"
    assert chosen(*example().values()).shape == (4, 5)  # by torch meanwhile
    assert not home.exists()
    chosen.prepare(choice.MANY)
    (found,) = kept(home).values()
    assert found["engine"] == chosen.engine
    assert set(found["seconds"]) == {"torch", "onnx"}
    monkeypatch.setattr(choice, "trial", lambda *_: pytest.fail("a second trial"))
    again = Chosen(network(), "auto", 1)
    again.prepare(1)
    assert again.engine == chosen.engine


def test_the_choice_is_per_threads_and_processor(home, monkeypatch):
    Chosen(network(), "auto", 1).prepare(choice.MANY)
    Chosen(network(), "auto", 2).prepare(choice.MANY)
    monkeypatch.setattr(choice, "_processor", lambda: "another")
    Chosen(network(), "auto", 1).prepare(choice.MANY)
    assert len(kept(home)) == 3


def test_the_faster_one_is_taken():
    import time

    seconds = trial({"slow": lambda: time.sleep(0.02), "quick": lambda: None})
    assert seconds["quick"] < seconds["slow"]


@pytest.mark.parametrize("text", ["{", "[]", '{"x": 3}'])
def test_damaged_choices_are_made_anew(home, text):
    home.mkdir()
    (home / "choices.json").write_text(text)
    chosen = Chosen(network(), "auto", 1)
    chosen.prepare(choice.MANY)
    assert chosen.engine in [one["engine"] for one in kept(home).values() if isinstance(one, dict)]


def test_without_onnxruntime_torch_runs(home, monkeypatch):
    monkeypatch.setattr(exported, "find_spec", lambda name: None)
    chosen = Chosen(network(), "auto", 1)
    chosen.prepare(choice.MANY)
    assert chosen.engine == "torch"
    assert not home.exists()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[onnx\]"):
        Chosen(network(), "onnx", 1)(*example().values())


def test_the_export_is_made_once_and_a_damaged_one_again(home):
    rows = InOnnx(network(), 1)(*example().values())
    np.testing.assert_allclose(rows, InTorch(network(), 1)(*example().values()), atol=1e-5)
    (file,) = home.iterdir()
    stamp = file.stat().st_mtime_ns
    InOnnx(network(), 1)
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(file.read_bytes()[:50])
    np.testing.assert_array_equal(InOnnx(network(), 1)(*example().values()), rows)
    assert [one.name for one in home.iterdir()] == [file.name]


def test_other_weights_have_another_file(home):
    InOnnx(network(), 1)
    InOnnx(network("other"), 1)
    assert len(list(home.iterdir())) == 2


def test_an_export_that_differs_leaves_nothing_and_torch_runs(home):
    with pytest.raises(TastemakerError, match=r"differs from torch by .* engine = 'torch'"):
        InOnnx(network(odd=True), 1)
    assert list(home.iterdir()) == []
    chosen = Chosen(network(odd=True), "auto", 1)
    chosen.prepare(choice.MANY)
    assert chosen.engine == "torch"


def test_a_cache_that_cannot_be_written_is_named_and_torch_runs(home):
    home.write_text("a file where the folder should be")
    with pytest.raises(TastemakerError, match="cannot be exported"):
        InOnnx(network(), 1)
    chosen = Chosen(network(), "auto", 1)
    chosen.prepare(choice.MANY)
    assert chosen.engine == "torch"


def test_a_kept_choice_whose_file_cannot_be_made_again_falls_back(home, monkeypatch):
    monkeypatch.setattr(choice, "trial", lambda *_: {"torch": 2.0, "onnx": 1.0})
    Chosen(network("same"), "auto", 1).prepare(choice.MANY)
    for file in home.glob("*.onnx"):
        file.unlink()
    chosen = Chosen(network("same", odd=True), "auto", 1)
    chosen.prepare(1)
    assert chosen.engine == "torch"
    assert chosen(*example().values()).shape == (4, 5)


def test_unknown_engines_are_refused():
    with pytest.raises(BadSetting, match="engine"):
        ENCODERS.build({"name": "efficientnet", "engine": "bf16"})

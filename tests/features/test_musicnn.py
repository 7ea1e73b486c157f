"""MusiCNN: read without TensorFlow, the layers as published, tags that fit the sounds."""

import struct

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from drawn import RATE, beat, tone
from tastemaker.core import WeightsError
from tastemaker.features import weights
from tastemaker.features.audio import checkpoint, mel
from tastemaker.features.audio.musicnn import FOLDER, MEL, MusiCNN
from tastemaker.features.audio.musicnn_net import Network
from tastemaker.features.audio.musicnn_tags import MTT

try:
    PLACE = weights.folder("musicnn")
except WeightsError:
    PLACE = None
pulled = pytest.mark.skipif(PLACE is None, reason="weights not pulled: tastemaker weights pull musicnn")


@pytest.fixture(scope="module")
def musicnn():
    return MusiCNN(threads=1)


@pytest.fixture(scope="module")
def tensors():
    return {k: torch.from_numpy(np.array(v)) for k, v in checkpoint.load(f"{PLACE / FOLDER}/").items()}


def plain(tensors, x):
    """The published network, layer by layer and slowly: the reference for the fast one."""

    def norm(y, i):
        name = f"batch_normalization_{i}" if i else "batch_normalization"
        parts = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, var = (tensors[f"{name}/{p}"].view(1, -1, *[1] * (y.dim() - 2)) for p in parts)
        return (y - mean) / torch.sqrt(var + 1e-3) * gamma + beta

    def conv(y, i):
        name = f"conv2d_{i}" if i else "conv2d"
        return F.relu(F.conv2d(y, tensors[f"{name}/kernel"].permute(3, 2, 0, 1), tensors[f"{name}/bias"]))

    x = norm(x[:, None], 0)
    groups = [norm(conv(F.pad(x, (0, 0, 3, 3)), i), i + 1).amax(3) for i in (0, 1)]
    for i, length in zip((2, 3, 4), (128, 64, 32), strict=True):
        groups.append(norm(conv(F.pad(x, (0, 0, (length - 1) // 2, length // 2)), i), i + 1).amax(3))
    deep = [torch.cat(groups, 1).transpose(1, 2)[:, None]]
    for i in (5, 6, 7):
        new = norm(conv(F.pad(deep[-1], (0, 0, 3, 3)), i), i + 1).permute(0, 3, 2, 1)
        deep.append(new if i == 5 else new + deep[-1])
    m = torch.cat(deep, 3)[:, 0]
    pooled = torch.stack([m.amax(1), m.mean(1)], 2).flatten(1)
    hidden = norm(F.relu(norm(pooled, 9) @ tensors["dense/kernel"] + tensors["dense/bias"]), 10)
    return hidden, torch.sigmoid(hidden @ tensors["dense_1/kernel"] + tensors["dense_1/bias"])


@pulled
def test_the_fast_network_equals_the_published_layers(tensors):
    x = torch.rand(2, 187, 96, generator=torch.Generator().manual_seed(0)) * 3
    with torch.inference_mode():
        expected, got = plain(tensors, x), Network(str(PLACE / FOLDER))(x)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=2e-5)


@pulled
def test_negative_factors_of_a_batch_norm_take_the_minimum(tensors, monkeypatch):
    turned = dict(tensors)
    turned["batch_normalization_1/gamma"] = -tensors["batch_normalization_1/gamma"]
    monkeypatch.setattr(checkpoint, "load", lambda _: {k: v.numpy() for k, v in turned.items()})
    x = torch.rand(1, 187, 96, generator=torch.Generator().manual_seed(1)) * 3
    with torch.inference_mode():
        np.testing.assert_allclose(Network("x")(x)[0].numpy(), plain(turned, x)[0].numpy(), atol=2e-5)


@pulled
def test_the_checkpoint_is_read_whole(tensors):
    assert tensors["conv2d_1/kernel"].shape == (7, 67, 1, 204)
    learned = [v for k, v in tensors.items() if "Adam" not in k and v.dim()]
    assert sum(v.numel() for v in learned) >= 787_159  # parameters of the paper, and the norms' statistics
    assert all(torch.isfinite(v).all() for v in learned)


@pulled
def test_tags_fit_the_sounds(musicnn):
    pluck, drums = musicnn.probabilities([tone(220, 6), beat(np.random.default_rng(0))])
    assert {MTT[i] for i in np.argsort(-drums)[:6]} & {"techno", "electronic", "beat", "beats", "drums"}
    assert pluck[MTT.index("drums")] < drums[MTT.index("drums")]
    assert musicnn.probabilities([]).shape == (0, 50)


@pulled
def test_like_sounds_lie_closer_than_others(musicnn):
    vectors = musicnn.encode([tone(220, 6), tone(262, 6), beat(np.random.default_rng(0))])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


@pulled
def test_tags_are_appended_when_wanted(musicnn):
    both = MusiCNN(threads=1, tags=True).encode([tone(220, 3.2)])
    assert both.shape == (1, 250)
    np.testing.assert_allclose(both[:, :200], musicnn.encode([tone(220, 3.2)]), atol=1e-6)
    np.testing.assert_allclose(both[:, 200:], musicnn.probabilities([tone(220, 3.2)]), atol=1e-6)


@pytest.mark.parametrize(
    ("seconds", "settings", "count"),
    [
        (0.5, {}, 1),
        (0, {}, 1),
        (3, {}, 1),
        (24, {}, 8),
        (60, {}, 10),
        (60, {"patches": 3}, 3),
        (9, {"hop": 1.0}, 7),
    ],
)
def test_patches_cover_the_recording_and_are_limited(seconds, settings, count):
    patches = MusiCNN(**settings)._cut(MEL.log(np.zeros(int(seconds * RATE), np.float32)))
    assert patches.shape == (count, 187, 96)


def test_the_mel_filters_are_slaneys():
    filters = mel.filters(16_000, 512, 96)
    assert filters.shape == (96, 257)
    assert (filters >= 0).all()
    edges = mel._hertz(np.linspace(0, mel._mel(8000), 98))
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(8000)
    assert mel._mel(1000) == pytest.approx(15)
    areas = filters[50:].sum(1) * 8000 / 256  # wide triangles: their area is 1
    np.testing.assert_allclose(areas, 1, atol=0.05)


def test_a_tone_peaks_in_its_band():
    t = np.arange(RATE) / RATE
    log = MEL.log(np.sin(2 * np.pi * 1000 * t).astype(np.float32))
    edges = mel._hertz(np.linspace(0, mel._mel(8000), 98))
    band = int(log.mean(0).argmax())
    assert edges[band] < 1000 < edges[band + 2]


@pulled
@pytest.mark.parametrize("damage", ["short", "magic", "noise", "compressed"])
def test_damaged_checkpoints_are_refused(tmp_path, damage):
    index = bytearray((PLACE / FOLDER / ".index").read_bytes())
    if damage == "short":
        index = index[:20]
    elif damage == "magic":
        index[-1] ^= 255
    elif damage == "compressed":
        _, at = checkpoint._handle(bytes(index[-48:]), 0)
        (offset, size), _ = checkpoint._handle(bytes(index[-48:]), at)
        index[offset + size] = 1
    else:
        index[:200] = bytes(range(200))
    (tmp_path / ".index").write_bytes(index)
    (tmp_path / ".data-00000-of-00001").write_bytes(b"")
    with pytest.raises(WeightsError, match="no TensorFlow checkpoint"):
        checkpoint.load(f"{tmp_path}/")


def test_an_absent_checkpoint_is_named(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        MusiCNN(folder=str(tmp_path)).encode([np.zeros(10, np.float32)])


def test_another_networks_checkpoint_is_refused(monkeypatch):
    monkeypatch.setattr(checkpoint, "load", lambda _: {"dense/kernel": np.zeros((2, 2), np.float32)})
    with pytest.raises(WeightsError, match="no checkpoint of MusiCNN"):
        Network("x")


def test_protobuf_fields_are_walked():
    message = bytes([0x08, 0x96, 0x01, 0x12, 0x02]) + b"hi" + bytes([0x1D]) + struct.pack("<f", 1.5)
    assert list(checkpoint._fields(message)) == [(1, 150), (2, b"hi"), (3, struct.pack("<f", 1.5))]
    with pytest.raises(ValueError, match="wire type 3"):
        list(checkpoint._fields(bytes([0x0B])))

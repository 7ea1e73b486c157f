"""Long texts: the mean of their chunks; short ones as they always were."""

import numpy as np
import pytest

import tiny
from tastemaker.core import WeightsError, fingerprints, settings_of
from tastemaker.features import engine, local, weights
from tastemaker.features.hf.hf import HF
from tastemaker.features.text.bert import Bert
from tastemaker.features.text.chunks import Chunked
from tastemaker.features.text.minilm import MiniLM


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.build("bert", tmp_path_factory.mktemp("models") / "bert")


def test_a_short_text_keeps_its_vector_whatever_its_company(folder):
    short, long = "a piano", "piano " * 40
    for build in (lambda **how: Bert(folder=folder, **how), lambda **how: HF(model=folder, **how)):
        alone = build(chunks=1).encode([short])[0]
        np.testing.assert_array_equal(build().encode([short])[0], alone)
        np.testing.assert_allclose(build().encode([long, short])[1], alone, atol=1e-6)


def test_a_long_text_is_the_mean_of_its_chunks_by_their_tokens(folder):
    words = [*"abcdefghijklmnopqrstuvwxyz"]
    text = " ".join(words)
    for build in (lambda **how: Bert(folder=folder, **how), lambda **how: HF(model=folder, **how)):
        whole = build(max_length=12, normalise=False).encode([text])[0]
        parts = [" ".join(words[at : at + 10]) for at in (0, 10, 20)]  # 12 tokens less two marks
        rows = build(max_length=12, normalise=False).encode(parts)
        mean = np.average(rows, axis=0, weights=[12, 12, 8])
        assert mean @ whole / np.linalg.norm(mean) / np.linalg.norm(whole) == pytest.approx(1, abs=1e-6)
        unit = build(max_length=12).encode([text])[0]
        assert np.linalg.norm(unit) == pytest.approx(1, abs=1e-5)


def test_what_stands_after_the_last_chunk_is_not_read(folder):
    text = "a b c d e f g h i j"  # eight tokens a chunk: six of them words
    for chunks, same in ((1, True), (2, False)):
        encoder = Bert(folder=folder, max_length=8, chunks=chunks)
        one, other = encoder.encode([text, text.replace("j", "x")])
        assert np.allclose(one, other, atol=1e-6) == same
    beyond = Bert(folder=folder, max_length=8, chunks=2).encode([text + " k l m", text + " k l y"])
    np.testing.assert_allclose(beyond[0], beyond[1], atol=1e-6)


def test_no_chunks_keep_the_fingerprint_that_was(folder):
    one = Bert(folder=folder, chunks=1)
    settings = {k: v for k, v in settings_of(one).items() if k not in ("chunks", "folder", "batch", "threads")}
    assert set(settings) == {"pooling", "normalise", "max_length"}
    digest = local.digest(one._place)
    assert one.fingerprint() == f"bert/1/{fingerprints.of_json([settings, digest])[:32]}"
    assert one.fingerprint() != Bert(folder=folder, chunks=2).fingerprint()
    assert engine.fingerprint(one, 1, digest) == one.fingerprint()


def test_the_mean_of_opposite_chunks_is_finite():
    chunked = Chunked([[[1], [2]], [[3]]])
    rows = np.array([[1, 0], [-1, 0], [0, 1]], np.float32)
    np.testing.assert_array_equal(chunked.mean(rows), [[0, 0], [0, 1]])


def test_the_end_of_a_long_text_tells():
    try:
        weights.folder("minilm")
    except WeightsError:
        pytest.skip("weights not pulled: tastemaker weights pull minilm")
    filler, end = "The weather report says that it may rain. " * 30, "Grand piano and violin concerto, live. " * 60
    query = "classical music"
    rows = {n: MiniLM(threads=1, chunks=n).encode([filler + end, query]) for n in (1, 4)}
    assert rows[4][0] @ rows[4][1] > rows[1][0] @ rows[1][1] + 0.1

"""Every encoder of raw content: one vector an entry, whatever the batch; a fingerprint that tells."""

import atexit
import pickle
import shutil
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

import tiny
from drawn import CONTENT
from service import serving
from tastemaker.core import MissingExtra, WeightsError, settings_of
from tastemaker.features.catalog import ENCODERS

TABLES = {"attributes", "vectors"}  # these take columns of the data set, not raw content
NAMES = [name for name in ENCODERS.names() if name not in TABLES]
CHANGES = {
    "minilm": {"max_length": 16},
    "use": {"max_length": 20},
    "tfidf": {"dim": 64},
    "musicnn": {"tags": True},
    "smollm": {"layer": 3},
    "hf": {"pooling": "cls"},
    "openai": {"revision": "2"},
    "video": {"frames": 5},
}


@cache
def own(name):
    """Settings without which an encoder has no model."""
    folder, stack = Path(mkdtemp()), ExitStack()
    stack.callback(shutil.rmtree, folder)
    atexit.register(stack.close)
    if name == "hf":
        return {"model": tiny.build("bert", folder)}
    return {"url": stack.enter_context(serving()).url, "model": "small", "key": ""} if name == "openai" else {}


def build(name, **settings):
    encoder = ENCODERS.build({"name": name, **own(name), **settings})
    try:
        encoder.fingerprint()
    except (WeightsError, MissingExtra) as error:
        pytest.skip(f"weights not pulled: {error}")
    return encoder


@pytest.fixture(params=NAMES, scope="module")
def encoder(request):
    return build(request.param)


@pytest.fixture(scope="module")
def content(encoder):
    return CONTENT[encoder.source]()


@pytest.fixture(scope="module")
def vectors(encoder, content):
    return encoder.encode(content)


def test_gives_one_finite_float32_row_an_entry(encoder, content, vectors):
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(content), encoder.dim)
    assert np.isfinite(vectors).all()
    assert (np.abs(vectors).sum(1) > 0).all()


def test_no_entries_give_no_rows_of_the_same_width(encoder, vectors):
    assert encoder.encode([]).shape == (0, vectors.shape[1])


def test_the_batch_does_not_matter(encoder, content, vectors):
    alone = np.concatenate([encoder.encode([entry]) for entry in content])
    np.testing.assert_allclose(alone, vectors, atol=1e-4)
    if "batch" in settings_of(encoder):
        np.testing.assert_allclose(build(encoder.name, batch=32).encode(content), vectors, atol=1e-4)


def test_the_order_does_not_matter(encoder, content, vectors):
    np.testing.assert_allclose(encoder.encode(content[::-1])[::-1], vectors, atol=1e-4)


def test_encoding_changes_neither_the_entries_nor_the_encoder(encoder, content, vectors):
    before = pickle.dumps(content)
    np.testing.assert_array_equal(encoder.encode(content), vectors)
    assert pickle.dumps(content) == before


def test_different_entries_get_different_vectors(vectors):
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    assert (distances[~np.eye(len(vectors), dtype=bool)] > 1e-3).all()


def test_the_fingerprint_knows_settings_but_not_speed(encoder):
    assert build(encoder.name).fingerprint() == encoder.fingerprint()
    for setting, value in {"batch": 3, "threads": 1}.items():
        if setting in settings_of(encoder):
            assert build(encoder.name, **{setting: value}).fingerprint() == encoder.fingerprint()
    for setting, value in CHANGES.get(encoder.name, {}).items():
        assert build(encoder.name, **{setting: value}).fingerprint() != encoder.fingerprint()


def test_fingerprints_of_encoders_differ():
    prints = []
    for name in NAMES:
        try:
            prints.append(ENCODERS.build({"name": name, **own(name)}).fingerprint())
        except (WeightsError, MissingExtra):
            continue
    assert len(set(prints)) == len(prints)


def test_a_copy_for_another_process_encodes_the_same(encoder, content, vectors):
    copy = pickle.loads(pickle.dumps(encoder))
    assert settings_of(copy) == settings_of(encoder)
    np.testing.assert_allclose(copy.encode(content[:2]), vectors[:2], atol=1e-4)

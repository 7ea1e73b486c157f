"""Small data sets for tests."""

import numpy as np

from tastemaker.data import Dataset, Features, Interactions, ItemVectors, Vocabulary


def names(prefix, n):
    return Vocabulary(tuple(f"{prefix}{i}" for i in range(n)))


def dataset(seed=0, users=20, items=15, n=200, **more):
    """Random behaviour in order of time, each pair at most once."""
    rng = np.random.default_rng(seed)
    pairs = np.sort(rng.choice(users * items, min(n, users * items), replace=False))
    rng.shuffle(pairs)
    log = Interactions.of(pairs // items, pairs % items, time=np.arange(len(pairs)))
    return Dataset(names("u", users), names("i", items), log, clock="time", **more)


def item_vectors(seed=0, items=15, dim=4):
    rng = np.random.default_rng(seed)
    return ItemVectors(rng.normal(size=(items, dim)).astype(np.float32), np.ones(items, bool))


def features(seed=0, n=15, dims=None, missing=0.2):
    """A feature set {name: Features}; each source misses about `missing` of its rows."""
    rng = np.random.default_rng(seed)
    out = {}
    for name, dim in (dims or {"minilm": 6, "efficientnet": 5}).items():
        present = rng.random(n) >= missing
        vectors = rng.normal(size=(n, dim)).astype(np.float32) * present[:, None]
        out[name] = Features({"minilm": "text"}.get(name, "image"), vectors, present)
    return out

"""Small data sets for tests."""

import numpy as np

from tastemaker.data import Dataset, Features, Interactions, ItemVectors, Vocabulary
from tastemaker.data.table import Column


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


def tastes(seed=0, users=40, items=30, groups=3, each=8, attributes=False):
    """A small world: items of a few kinds, users who like one kind; its data set and the items' vectors."""
    rng = np.random.default_rng(seed)
    kind, taste = np.arange(items) % groups, np.arange(users) % groups
    chance = np.where(taste[:, None] == kind[None], 12.0, 1.0)
    taken = [rng.choice(items, each, replace=False, p=row / row.sum()) for row in chance]
    user, item = np.repeat(np.arange(users), each), np.concatenate(taken)
    order = rng.permutation(len(user))
    log = Interactions.of(user[order], item[order], time=np.arange(len(user)) * 3600)
    vectors = np.eye(groups)[kind] + 0.3 * rng.normal(size=(items, groups))
    more = {}
    if attributes:
        more["user_attributes"] = {"club": Column("category", np.array([f"c{t}" for t in taste], object))}
    data = Dataset(names("u", users), names("i", items), log, clock="time", **more)
    return data, ItemVectors(vectors.astype(np.float32), np.ones(items, bool))

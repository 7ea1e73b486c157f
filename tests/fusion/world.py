"""A small generated world: users with a taste over hidden factors that some sources tell."""

import numpy as np

from tastemaker.data import Dataset, Features, Interactions, Vocabulary

FACTORS = 8


def world(seed=0, users=400, items=300, dim=32, telling=None, sources=("image", "text"), likes=15, quiet=0.35):
    """Data and features; `telling` says for each item which source tells its factors.

    The other sources of an item are noise of the same length. Noise rests on another mixture of entries than
    content does (as a grey picture or a text without words would), so that it can be recognised.
    """
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(items, FACTORS))
    tastes = rng.normal(size=(users, FACTORS))
    utility = tastes @ factors.T / np.sqrt(FACTORS) + rng.gumbel(size=(users, items)) * quiet
    taken = np.argsort(-utility, axis=1)[:, :likes]
    taken = rng.permuted(taken, axis=1)
    user = np.repeat(np.arange(users), likes)
    log = Interactions.of(user, taken.ravel(), time=np.arange(users * likes))
    data = Dataset(_names("u", users), _names("i", items), log, clock="time")
    tells = telling(rng, items) if callable(telling) else telling
    return data, {name: _features(rng, name, factors, tells, dim) for name in sources}


def by_item(sources=("image", "text")):
    """One of `sources`, at random, tells each item."""
    return lambda rng, items: np.array(sources)[rng.integers(len(sources), size=items)]


def _features(rng, name, factors, tells, dim):
    n = len(factors)
    own = (np.asarray(tells) == name) if not isinstance(tells, str) else np.full(n, tells == name)
    mixing = rng.normal(size=(FACTORS, dim))
    content = factors @ mixing + rng.normal(size=(n, dim))
    pattern = rng.normal(size=dim) * 1.5
    noise = rng.normal(size=(n, dim)) * np.sqrt(FACTORS) + pattern
    rows = np.where(own[:, None], content, noise)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Features(name, rows.astype(np.float32), np.ones(n, bool))


def hold_out(data):
    """Training data, and the last item of each user."""
    log = data.interactions
    last = np.zeros(len(log), bool)
    last[[data.rows_of(u)[-1] for u in range(len(data.users))]] = True
    return data.only(~last), log.item[last]


def ndcg(vectors, train, held, k=10):
    """NDCG@10 of the held-out items, one a user, ranked by the inner product with the mean of the history."""
    log = train.interactions
    out = []
    for user, target in enumerate(held):
        own = log.item[train.rows_of(user)]
        scores = vectors @ vectors[own].mean(axis=0)
        scores[own] = -np.inf
        rank = int(np.sum(scores > scores[target]))
        out.append(1 / np.log2(2 + rank) if rank < k else 0.0)
    return np.array(out)


def _names(prefix, n):
    return Vocabulary(tuple(f"{prefix}{i}" for i in range(n)))

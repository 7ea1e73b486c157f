"""A saved pipeline of any size, made directly: items around interests, users who follow two of them."""

from dataclasses import dataclass

import numpy as np

from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.data.table import Column
from tastemaker.models.als import ALS
from tastemaker.pipeline import Pipeline

DAY = 86_400
NOW = 1_760_000_000


@dataclass(frozen=True)
class Size:
    """How large the shop is.

    Attributes:
        items: Number of items.
        users: Number of users.
        each: Events of each user.
        dim: Length of the vectors.
        interests: Groups of items.
    """

    items: int = 100_000
    users: int = 10_000
    each: int = 50
    dim: int = 128
    interests: int = 500


SMALL = Size(items=2_000, users=200, each=20, dim=16, interests=20)


def pipeline(size, seed=0):
    """Fitted: its factors are those that were planted, not learned."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, size.interests, size.items)
    model = ALS(factors=size.dim)
    model.restore(
        {
            "items": vectors(size, group, rng),
            "everywhere": np.array([3.0 * size.each * size.users / (size.users * size.items)]),
            "ordered": np.array([True]),
        }
    )
    made = Pipeline(model)
    made.remember(data(size, group, rng))
    return made


def vectors(size, group, rng):
    """Items around their interest, of unlike popularity, in the axes in which their Gram matrix is diagonal."""
    centres = rng.normal(size=(size.interests, size.dim))
    sizes = np.exp(0.3 * rng.normal(size=(size.items, 1)))
    made = sizes * (centres[group] + 0.7 * rng.normal(size=(size.items, size.dim))) / size.dim**0.5
    _, axes = np.linalg.eigh(made.T @ made)
    return np.ascontiguousarray(made @ axes[:, ::-1], np.float32)


def data(size, group, rng):
    """Users with two interests, and one event in eight with anything; items with what rules speak of."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(size.interests + 1))
    own = rng.integers(0, size.interests, (size.users, 2))
    user = np.repeat(np.arange(size.users), size.each)
    chosen = own[user, (rng.random(len(user)) < 0.4).astype(int)]
    width = np.maximum(starts[chosen + 1] - starts[chosen], 1)
    item = order[np.minimum(starts[chosen] + (rng.random(len(user)) * width).astype(int), size.items - 1)]
    anything = rng.random(len(user)) < 0.125
    item[anything] = rng.integers(0, size.items, int(anything.sum()))
    time = np.sort(NOW - rng.integers(0, 90 * DAY, len(user)))
    shuffled = rng.permutation(len(user))
    return Dataset(
        Vocabulary(tuple(f"u{n}" for n in range(size.users))),
        Vocabulary(tuple(f"i{n}" for n in range(size.items))),
        Interactions.of(user[shuffled], item[shuffled], time=time),
        titles=tuple(f"Thing {n}" for n in range(size.items)),
        item_attributes=attributes(size, group, rng),
        clock="time",
        name="planted",
    )


def attributes(size, group, rng):
    """A category in a hundred, a price, and a mark that one item in a hundred has."""
    category = np.array([f"c{g % 100}" for g in group], object)
    rare = np.where(rng.random(size.items) < 0.01, "yes", "no").astype(object)
    return {
        "category": Column("category", category),
        "rare": Column("category", rare),
        "price": Column("number", np.round(100 * rng.random(size.items), 2)),
    }

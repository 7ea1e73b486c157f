"""What two towers were trained to say, and what the same content says in closed form, as one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.data import Dataset, FeatureSet, Query
from tastemaker.models.content_space import Space, covariance
from tastemaker.models.histories import matrix
from tastemaker.models.judging import Judge
from tastemaker.models.places import Places

Reals = NDArray[np.float32]
USUAL = 0.3  # weight of the closed form where there is nothing to choose by
WEIGHTS = (USUAL, 0.0, 0.1, 0.6, 1.0, 2.0)
RECENT = 5  # events that a short history has


@dataclass(frozen=True)
class Halves:
    """Two opinions on every item, each of variance 1 over the known items, added.

    Attributes:
        towers: The trained half.
        space: The closed form (see `content_space`); None where there is no content or it is not asked for.
        weight: What the closed form weighs beside the towers.
    """

    towers: Places
    space: Space | None = None
    weight: float = USUAL

    def weighing(self, weight: float) -> Self:
        """The same with another weight; 0 leaves the closed form out."""
        return replace(self, space=self.space if weight else None, weight=weight)

    @cached_property
    def items(self) -> Reals:
        """Where the items stand in both halves, (n, d); zeros where nothing is known."""
        return self.towers.items if self.space is None else np.hstack([self.towers.items, self.space.items])

    def __call__(self, queries: Sequence[Query]) -> Reals:
        """Where queries stand in both halves, (q, d); scores are inner products with `items`."""
        places = self.towers(queries)
        if self.space is None:
            return places
        taken = matrix(queries, len(self.space.known))
        taken.data *= self.space.known[taken.indices]
        told, said = self._spreads
        return np.hstack([_even(places, told), np.float32(self.weight) * _even(self.space.place(taken), said)])

    @cached_property
    def _spreads(self) -> tuple[Reals, Reals]:
        assert self.space is not None, "asked for with a space alone"
        halves = (self.towers.items, self.space.items)
        told, said = (covariance(half[half.any(axis=1)]) for half in halves)
        return told, said

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        space = {} if self.space is None else self.space.pack()
        return {**self.towers.pack(), **space, "weight": np.array([self.weight])}

    @classmethod
    def unpack(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` took apart; raises `SavedError` where it is damaged."""
        towers = Places.unpack(state)
        space = Space.unpack(state) if "unit" in state else None
        if space is not None and len(space.known) != len(towers.items):
            raise SavedError("The saved towers and the saved space do not fit together. Fit them anew.")
        return cls(towers, space, float(state["weight"][0]) if "weight" in state else USUAL)


def weighed(halves: Halves, data: Dataset, held: Dataset, users: FeatureSet | None) -> float:
    """The weight of the closed form by which lists after `data` are best at `held`.

    The figure is NDCG@10 by whole histories and by their latest five events, added: people come back, and come new.
    """
    judge, names = Judge(data, held), halves.towers.people.names
    if halves.space is None or not len(judge.users):
        return USUAL

    def figure(weight: float) -> float:
        tried = halves.weighing(weight)

        def score(asked: Sequence[Query]) -> Reals:
            return tried([_profiled(query, users or {}, names) for query in asked]) @ tried.items.T

        return judge.ndcg(score) + judge.ndcg(lambda asked: score([short_of(query) for query in asked]))

    return max(WEIGHTS, key=figure)


def short_of(query: Query) -> Query:
    """The same as if events before the latest five said nothing; they stay out of lists all the same."""
    sign = query.sign.copy()
    sign[: max(0, len(sign) - RECENT)] = 0
    return replace(query, sign=sign)


def _profiled(query: Query, users: FeatureSet, names: Sequence[str]) -> Query:
    known = {name: users[name].vectors[query.user] for name in names if users[name].present[query.user]}
    return replace(query, profile=known) if known else query


def _even(places: Reals, spread: Reals) -> Reals:
    """Places whose opinions have variance 1; those without any stay zeros."""
    size = np.sqrt(np.maximum(np.sum((places @ spread) * places, axis=1, keepdims=True), 0))
    return np.asarray(np.where(size > 1e-9, places / np.maximum(size, 1e-9), 0), np.float32)

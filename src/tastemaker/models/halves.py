"""What a network was trained to say, and what the same content says in closed form, as one space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.data import Query
from tastemaker.models.base import Scores
from tastemaker.models.content import Content
from tastemaker.models.content_space import covariance

Reals = NDArray[np.float32]
TOGETHER = 2048  # items at a time
PREFIX = "closed."  # of the names of saved arrays


class Half(Protocol):
    """An opinion that is an inner product."""

    @property
    def items(self) -> Reals:
        """Where the items stand, (n_items, d); zeros where nothing is known."""
        ...

    def __call__(self, queries: Sequence[Query], /) -> Reals:
        """Where queries stand, (q, d); zeros where nothing is known."""
        ...

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        ...


class Weights(NamedTuple):
    """What the closed form weighs beside a network, whose opinions weigh 1.

    Attributes:
        known: At items that somebody liked.
        new: At items that nobody liked.
        penalty: How far below the others new items stand, in standard deviations of a query's opinions.
    """

    known: float
    new: float
    penalty: float = 0.0


USUAL = Weights(0.3, 2.0)  # where there is nothing to choose by
STEEP = 100.0  # what queries have where new items have their penalty, so that items stay alike or not as they were


@dataclass(frozen=True)
class Halves:
    """Two opinions on every item, each of variance 1 over the known items, added; so is their sum, about.

    The trained half alone says how new items stand beside the others: its mean over each of both groups stays, the
    closed form has none, and among new items it is as wide as the trained half is there. A penalty, which is one
    dimension more, puts them lower. So new items, whose weight is another, do not crowd the lists.

    Attributes:
        trained: The trained half.
        new: Items that nobody liked, (n_items,).
        closed: The closed form; None where there is no content or it is not asked for.
        weights: What the closed form weighs beside the trained half.
    """

    trained: Half
    new: NDArray[np.bool_]
    closed: Content | None = None
    weights: Weights = USUAL

    def weighing(self, weights: Weights) -> Self:
        """The same with other weights; zeros leave the closed form out."""
        return replace(self, closed=self.closed if any(weights) else None, weights=weights)

    @cached_property
    def items(self) -> Reals:
        """Where the items stand in both halves, (n, d); zeros where nothing is known."""
        return self.trained.items if self.closed is None else self.weighed(self.weights)

    def weighed(self, weights: Weights) -> Reals:
        """Where they would stand with other weights of a closed form that is there."""
        weight = np.where(self.new, weights.new, weights.known).astype(np.float32)[:, None]
        share = 1 / np.sqrt(1 + weight**2)
        away = self._centred(self.trained.items)
        told = self.trained.items - away * (1 - share)
        wide = np.where(self.new, _width(away[self.new]) / max(_width(away[~self.new]), 1e-9), 1.0)[:, None]
        said = self._said * weight * share * np.minimum(wide, 1)
        lower = (self.new & (told.any(axis=1) | said.any(axis=1)))[:, None] * (-weights.penalty / STEEP)
        return np.asarray(np.hstack([told, said, lower]), np.float32)

    def __call__(self, queries: Sequence[Query]) -> Reals:
        """Where queries stand in both halves, (q, d); scores are inner products with `items`.

        Zeros where the network knows nothing of a query: by the closed form alone, which is made for a sum, new items
        would stand before others or behind them.
        """
        places = self.trained(queries)
        if self.closed is None:
            return places
        told, said = self._spreads
        both = np.hstack([_even(places, told), _even(self.closed.query_vectors(queries), said)])
        return np.hstack([both, np.full((len(both), 1), STEEP, np.float32)]) * places.any(axis=1, keepdims=True)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products, (q, n); nan for an item of which nothing is known, and for such a query."""
        return opinions(self, queries)

    @cached_property
    def _said(self) -> Reals:
        """The closed form's items, which say nothing of new ones as against the others."""
        assert self.closed is not None, "asked for with a closed form alone"
        return self._centred(self.closed.item_vectors())

    def _centred(self, items: Reals) -> Reals:
        """Less their mean, that of new items and that of the others; zeros stay where nothing is known."""
        out, known = items.copy(), items.any(axis=1)
        for group in (self.new & known, ~self.new & known):
            if group.any():
                out[group] -= items[group].mean(axis=0)
        return out

    @cached_property
    def _spreads(self) -> tuple[Reals, Reals]:
        told, said = (covariance(half[half.any(axis=1)]) for half in (self.trained.items, self._said))
        return told, said

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        closed = {} if self.closed is None else self.closed.state()
        arrays = {**closed, "there": np.array([bool(closed)]), "weights": np.array(self.weights), "new": self.new}
        return {**self.trained.pack(), **{PREFIX + name: found for name, found in arrays.items()}}

    @classmethod
    def unpack(cls, state: Mapping[str, NDArray[Any]], trained: Half) -> Self:
        """What `pack` took apart, beside the trained half; raises `SavedError` where it is damaged."""
        own = {name.removeprefix(PREFIX): found for name, found in state.items() if name.startswith(PREFIX)}
        if not _whole(own):
            raise SavedError("The saved state does not say what content weighs. Fit it anew.")
        closed = Content() if own["there"][0] else None
        if closed is not None:
            closed.restore(own)
        sizes = {len(own["new"]), len(trained.items)} | (set() if closed is None else {len(closed.item_vectors())})
        if len(sizes) > 1:
            raise SavedError("The saved network and what content says do not fit together. Fit them anew.")
        return cls(trained, own["new"].astype(bool), closed, Weights(*own["weights"].tolist()))


def _whole(own: Mapping[str, NDArray[Any]]) -> bool:
    if not {"weights", "new", "there"} <= own.keys() or own["there"].shape != (1,) or own["new"].ndim != 1:
        return False
    weights = own["weights"]
    return weights.shape == (3,) and bool(np.isfinite(weights).all() and (weights >= 0).all())


def _width(away: Reals) -> float:
    """Root of the mean square length of the rows that are not zeros; 0 without any."""
    square = np.sum(away.astype(np.float64) ** 2, axis=1)
    return float(np.sqrt(square[square > 0].mean())) if square.any() else 0.0


def opinions(half: Half, queries: Sequence[Query]) -> Scores:
    """Inner products, (q, n); nan for an item of which nothing is known, and for such a query."""
    return products(half(queries), half.items)


def products(where: Reals, items: Reals) -> Scores:
    """The same of places, (q, d), and items, (n, d)."""
    scores, wide = np.empty((len(where), len(items)), np.float32), where.astype(np.float64)
    for at in range(0, len(items), TOGETHER):  # in double precision, so that it does not matter who else asks
        scores[:, at : at + TOGETHER] = wide @ items[at : at + TOGETHER].T.astype(np.float64)
    scores[:, ~items.any(axis=1)] = np.nan
    scores[~where.any(axis=1)] = np.nan
    return scores


def _even(places: Reals, spread: Reals) -> Reals:
    """Places whose opinions have variance 1; those without any stay zeros."""
    size = np.sqrt(np.maximum(np.sum(np.matmul(places, spread, dtype=np.float64) * places, axis=1, keepdims=True), 0))
    return np.asarray(np.where(size > 1e-9, places / np.maximum(size, 1e-9), 0), np.float32)

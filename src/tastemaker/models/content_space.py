"""The space in which content-based recommendation compares histories with items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.data import ItemVectors
from tastemaker.models.linear import factors, ridge

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LESSONS = 20000  # items the regression learns from at most, the most liked first
FEWEST = 3  # items below which nothing is learned

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Lesson:
    """How behaviour is learned from; see the settings of `Content`."""

    factors: int
    reg: float | None
    shrink: float
    seed: int


@dataclass(frozen=True)
class Space:
    """Two views of every item, and the two places it gives to a history that holds it.

    Attributes:
        unit: Centred vectors of length 1, shape (n, dim); zero rows where not known. Both view and place.
        guess: Behaviour predicted from content, the view, shape (n, k).
        fold: The place in behaviour, shape (n, k): an item's own where it was liked, else the predicted one.
        known: Which items have a vector, shape (n,).
        trust: Weight of the learned opinion, 0..1.
    """

    unit: Vectors
    guess: Vectors
    fold: Vectors
    known: NDArray[np.bool_]
    trust: float = 0.0

    @cached_property
    def items(self) -> Vectors:
        """Both views side by side, shape (n, dim + k)."""
        return np.concatenate([self.unit, self.guess], axis=1)

    def place(self, taken: csr_array) -> Vectors:
        """Where weighted histories (q, n) stand, shape (q, dim + k); scores are products with `items`.

        Each half is scaled so that its opinions have variance 1 over the known items.
        """
        halves = [np.asarray(taken @ into, np.float32) for into in (self.unit, self.fold)]
        scaled = [half * self._scale(number, half)[:, None] for number, half in enumerate(halves)]
        return np.concatenate(scaled, axis=1)

    def each(self, history: NDArray[np.integer], weights: Vectors, item: int) -> Vectors:
        """The share of each entry of one history in the score of `item`, shape (h,)."""
        out = np.zeros(len(history), np.float32)
        for number, (into, view) in enumerate(((self.unit, self.unit), (self.fold, self.guess))):
            mine = weights[:, None] * into[history]
            out += mine @ view[item] * self._scale(number, mine.sum(axis=0)[None])
        return out

    def _scale(self, number: int, where: Vectors) -> Vectors:
        """What brings the opinions of places (q, d) of one half to its weight, shape (q,)."""
        weight = self.trust if number else 1 - self.trust
        square = np.sum(np.matmul(where, self._spreads[number], dtype=np.float64) * where, axis=1)
        spread = np.sqrt(np.maximum(square, 0))
        out: Vectors = np.where(spread > 1e-9, weight / np.maximum(spread, 1e-9), 0).astype(np.float32)
        return out

    @cached_property
    def _spreads(self) -> tuple[Vectors, Vectors]:
        return covariance(self.unit[self.known]), covariance(self.guess[self.known])

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        names = ("unit", "guess", "fold", "known")
        return {**{name: getattr(self, name) for name in names}, "trust": np.array([self.trust])}

    @classmethod
    def unpack(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` took apart; raises `SavedError` where an array is absent."""
        try:
            unit, guess, fold, known = (state[name] for name in ("unit", "guess", "fold", "known"))
            trust = state["trust"]
        except KeyError as error:
            raise SavedError(f"The saved state has no array {error}. Fit it anew.") from error
        rows = {array.shape[:1] for array in (unit, guess, fold, known)}
        if len(rows) > 1 or unit.ndim != 2 or guess.ndim != 2 or guess.shape != fold.shape or trust.shape != (1,):
            raise SavedError("The saved space of content does not fit together. Fit it anew.")
        return cls(unit, guess, fold, known, float(trust[0]))


def plain(items: ItemVectors) -> Space:
    """The space of likeness alone."""
    known = items.known & np.isfinite(items.vectors).all(axis=1)
    unit = np.zeros(items.vectors.shape, np.float32)
    if known.any():
        centred = items.vectors[known] - items.vectors[known].mean(axis=0, dtype=np.float64)
        length = np.linalg.norm(centred, axis=1, keepdims=True)
        unit[known] = centred / np.maximum(length, 1e-12)
    none = np.zeros((len(known), 0), np.float32)
    return Space(unit, none, none, known)


def learned(space: Space, taken: csr_array, lesson: Lesson, inputs: Vectors | None = None) -> Space:
    """The same space with what the behaviour `taken` (users, items) teaches about content.

    The regression is on `inputs`, (n, any), or else on the unit vectors.
    """
    inputs = space.unit if inputs is None else inputs
    likes = np.bincount(taken.indices, minlength=len(space.known))
    warm = np.flatnonzero(space.known & (likes > 0))
    if len(warm) < FEWEST:
        return space
    size, where = factors(taken[:, warm], lesson.factors, lesson.seed)
    first = np.sort(np.argsort(-likes[warm], kind="stable")[:LESSONS])
    line = ridge(inputs[warm[first]], (where * np.sqrt(size))[first], lesson.reg)
    guess = line(inputs) * space.known[:, None]
    fold = guess / size
    fold[warm] = where / np.sqrt(size)
    mean = likes[warm].mean()
    return replace(
        space,
        guess=guess.astype(np.float32),
        fold=fold.astype(np.float32),
        trust=float(mean / (mean + lesson.shrink)),
    )


def covariance(vectors: Vectors) -> Vectors:
    """Of the columns of (n, d), as (d, d); zeros without a row."""
    if not len(vectors):
        return np.zeros((vectors.shape[1], vectors.shape[1]), np.float32)
    centred = vectors - vectors.mean(axis=0)
    out: Vectors = centred.T @ centred / np.float32(len(vectors))
    return out

"""Scores of all items, those that came later among them, for some queries at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.top import top_k
from tastemaker.data import Query
from tastemaker.models.base import Embeds, Recommender
from tastemaker.serving.late import Neighbours
from tastemaker.storage.index.base import VectorIndex

Rows = NDArray[np.int32]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Memo = dict[str, Floats]
Choice = Literal["auto", "exact", "ann"]
VECTOR = "vector"
EXACT_UP_TO = {"exact": sys.maxsize, "ann": 0}


class Scored(Protocol):
    """What a model thinks of the items, for each of some queries."""

    def best(self, query: int, k: int, allowed: Mask) -> tuple[Rows, Floats]:
        """At most `k` allowed rows with an opinion and their scores, best first."""
        ...

    def at(self, query: int, rows: Rows) -> Floats:
        """Scores of `rows`; nan where there is no opinion."""
        ...


class Scorer(Protocol):
    """A model that is asked again and again, and takes items that came later."""

    def ask(self, queries: Sequence[Query], k: int, allowed: Sequence[Mask], memos: Sequence[Memo] = ()) -> Scored:
        """Score; at most `k` rows a query will be wanted of those that are allowed to it.

        What is computed of a query alone may be kept in its memo; where one has it, the query need not be looked at.
        """
        ...

    def put(self, rows: Rows, neighbours: Neighbours) -> None:
        """Let later items stand where their neighbours do."""
        ...


def approximate(n: int, index: Choice) -> bool:
    """Whether so many items are searched by an approximate index."""
    from tastemaker.storage.index.choose import EXACT_UP_TO as USUAL

    return n > EXACT_UP_TO.get(index, USUAL)


def scorer(
    model: Recommender, n: int, index: Choice = "auto", asked: Sequence[Query] = (), kept: Path | None = None
) -> Scorer:
    """By an index where scores are products of vectors, else by full rows of scores.

    Args:
        model: A fitted recommender.
        n: Number of its items.
        index: Which index.
        asked: What is asked in truth: an approximate index is tuned to find enough for these.
        kept: Folder where an approximate index is kept, so that it is built once; None keeps none.
    """
    return Indexed(model, index, asked, kept) if isinstance(model, Embeds) else Dense(model, n)


@dataclass
class Dense:
    """Full rows of scores; for models that score by something else than products.

    Attributes:
        model: A fitted recommender.
        n: Number of its items.
    """

    model: Recommender
    n: int
    _late: dict[int, tuple[Rows, Floats]] = field(default_factory=dict)

    def ask(self, queries: Sequence[Query], k: int, allowed: Sequence[Mask], memos: Sequence[Memo] = ()) -> Scored:
        """One pass of the model over all items."""
        scores = self.model.score(queries)
        width = max(max((len(mask) for mask in allowed), default=self.n), self.n)
        if width > self.n:
            scores = np.concatenate([scores, self._later(scores, width)], axis=1)
        return DenseScored(scores)

    def put(self, rows: Rows, neighbours: Neighbours) -> None:
        """Keep whose scores each of them takes."""
        for row, near, weights in zip(rows.tolist(), neighbours.rows, neighbours.weights, strict=True):
            self._late[row] = (near, weights)

    def _later(self, scores: Floats, width: int) -> Floats:
        """Scores of the rows from n on, shape (q, width - n)."""
        out = np.full((len(scores), width - self.n), np.nan, np.float32)
        for row, (near, weights) in tuple(self._late.items()):
            if self.n <= row < width and weights.any():
                out[:, row - self.n] = scores[:, near] @ weights
        return out


@dataclass(frozen=True)
class DenseScored:
    """Scores of each query, shape (q, n); nan = no opinion."""

    scores: Floats

    def best(self, query: int, k: int, allowed: Mask) -> tuple[Rows, Floats]:
        """The largest that are allowed."""
        row = np.fmax(self.scores[query], np.float32(-np.inf))
        row[: len(allowed)][~allowed] = -np.inf
        row[len(allowed) :] = -np.inf
        items, found = top_k(row[None], min(k, len(row)))
        there = items[0] >= 0
        return items[0][there], found[0][there]

    def at(self, query: int, rows: Rows) -> Floats:
        """From the row of scores."""
        found: Floats = self.scores[query, rows]
        return found


class Indexed:
    """Products of vectors, found by an index.

    Args:
        model: A fitted recommender that embeds.
        index: As of `scorer`.
        asked: As of `scorer`.
        kept: As of `scorer`.
    """

    def __init__(self, model: Embeds, index: Choice, asked: Sequence[Query], kept: Path | None = None) -> None:
        from tastemaker.storage.index.choose import index_for

        self._model = model
        self._vectors = np.ascontiguousarray(model.item_vectors(), np.float32)
        near = approximate(len(self._vectors), index)
        queries = model.query_vectors(asked) if asked and near else None
        least = 0 if near else sys.maxsize
        self._index: VectorIndex = index_for(self._vectors, exact_up_to=least, queries=queries, kept=kept)
        self._late: dict[int, Floats] = {}

    def ask(self, queries: Sequence[Query], k: int, allowed: Sequence[Mask], memos: Sequence[Memo] = ()) -> Scored:
        """One search for all queries with the same filter."""
        vectors = self._asked(queries, memos or [{} for _ in queries])
        rows = np.full((len(queries), k), -1, np.int32)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for mask, which in _same(allowed):
            rows[which], scores[which] = self._index.search(vectors[which], k, mask)
        rows[~vectors.any(axis=1)] = -1  # of whom nothing is known
        return IndexScored(vectors, rows, scores, self)

    def _asked(self, queries: Sequence[Query], memos: Sequence[Memo]) -> Floats:
        """Vectors of the queries, shape (q, d)."""
        new = [place for place, memo in enumerate(memos) if VECTOR not in memo]
        if new:
            made = np.ascontiguousarray(self._model.query_vectors([queries[place] for place in new]), np.float32)
            for place, vector in zip(new, made, strict=True):
                memos[place][VECTOR] = vector.copy()  # a view would keep those of the others
            if len(new) == len(memos):
                return made
        return np.stack([memo[VECTOR] for memo in memos])

    def put(self, rows: Rows, neighbours: Neighbours) -> None:
        """Vectors of later items are means of their neighbours'."""
        vectors = np.einsum("nm,nmd->nd", neighbours.weights, self._vectors[neighbours.rows]).astype(np.float32)
        self._index.put(rows, vectors)
        self._late |= dict(zip(rows.tolist(), vectors, strict=True))

    def vectors(self, rows: Rows) -> Floats:
        """Of any rows, zeros where nothing is known, shape (n, d)."""
        out = self._vectors[np.minimum(rows, len(self._vectors) - 1)]
        for place in np.flatnonzero(rows >= len(self._vectors)):
            out[place] = self._late.get(int(rows[place]), 0)
        return out


@dataclass(frozen=True)
class IndexScored:
    """What the index found, and the vectors for other rows."""

    queries: Floats
    rows: Rows
    scores: Floats
    scorer: Indexed

    def best(self, query: int, k: int, allowed: Mask) -> tuple[Rows, Floats]:
        """What was found within the filter."""
        many = min(k, int(np.count_nonzero(self.rows[query] >= 0)))  # -1 pads at the end
        return self.rows[query, :many], self.scores[query, :many]

    def at(self, query: int, rows: Rows) -> Floats:
        """Products; nan where a vector is all zeros."""
        found = self.scorer.vectors(rows) @ self.queries[query]
        return np.where(found == 0, np.float32(np.nan), found)


def _same(allowed: Sequence[Mask]) -> list[tuple[Mask, NDArray[np.intp]]]:
    """Queries grouped by their mask, which is one object where it is the same."""
    groups: dict[int, list[int]] = {}
    for query, mask in enumerate(allowed):
        groups.setdefault(id(mask), []).append(query)
    return [(allowed[which[0]], np.array(which, np.intp)) for which in groups.values()]

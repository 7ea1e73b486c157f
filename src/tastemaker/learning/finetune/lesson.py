"""What an encoder is tuned on and judged by: items learned from, and items held out as if they were new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, Run, generator
from tastemaker.data import Dataset, Features, ItemVectors, Query, Recommendations, Source, queries
from tastemaker.evaluation import Report, evaluate
from tastemaker.features.whiten import Whiten
from tastemaker.models import sparse
from tastemaker.models.base import Scores
from tastemaker.models.content import Content
from tastemaker.models.judging import Judge
from tastemaker.models.kernels import FEWEST

if TYPE_CHECKING:
    from scipy.sparse import csr_array

USERS = 1000  # whose lists are looked at after each epoch
K = 10


@dataclass(frozen=True)
class Lesson:
    """Behaviour cut by items.

    Attributes:
        known: Data of which held-out items have no interaction.
        held: The interactions of the held-out items.
        present: Items that have content, bool, (n_items,).
        new: The held-out items, bool, (n_items,).
        taken: Who liked which item, of `known`, (users, n_items): pairs are drawn from it.
    """

    known: Dataset
    held: Dataset
    present: NDArray[np.bool_]
    new: NDArray[np.bool_]
    taken: csr_array

    @classmethod
    def of(cls, data: Dataset, present: NDArray[np.bool_], held: float, seed: int) -> Self:
        """Hold out a share of the liked items that have content.

        Raises:
            DataError: there are too few such items, or nobody liked two of the rest.
        """
        likes = np.bincount(sparse.liked(data).indices, minlength=len(data.items))
        there = np.flatnonzero((likes > 0) & present)
        count = round(held * len(there))
        if count < 2 or len(there) - count < FEWEST:
            raise DataError(
                f"Tuning needs liked items with content: {FEWEST} to learn from and 2 to hold out at least; there are "
                f"{len(there)}, of which {count} would be held out. Bring more data, or use the encoder as it is."
            )
        new = np.zeros(len(data.items), bool)
        new[generator(seed, "finetune").permutation(there)[:count]] = True
        held_out = new[data.interactions.item]
        known = data.only(~held_out)
        taken = sparse.liked(known)
        if not (np.diff(taken[:, np.flatnonzero(present)].indptr) > 1).any():
            raise DataError("Nobody liked two items that have content: there is nothing to learn which go together.")
        return cls(known, data.only(held_out), present, new, taken)

    @property
    def rows(self) -> NDArray[np.intp]:
        """Items that are learned from: liked, with content, (n,)."""
        likes = np.bincount(self.taken.indices, minlength=len(self.new))
        return np.flatnonzero((likes > 0) & self.present)

    def shuffled(self, seed: int) -> Self:
        """The same with other items going together in what is learned, for a control; the judging stays as it is."""
        order = np.arange(len(self.new))
        rows = self.rows
        order[rows] = generator(seed, "shuffled").permutation(rows)
        return replace(self, taken=self.taken[:, order])

    def judge(self, source: Source) -> Judging:
        """What tells, from vectors of all items, how well they rank the held-out items."""
        return Judging(self, source)


class Judging:
    """Closed-form `content` on vectors of one encoder, asked for lists of the held-out items alone."""

    def __init__(self, lesson: Lesson, source: Source) -> None:
        self._lesson, self._source = lesson, source
        self._judge = Judge(lesson.known, lesson.held, USERS)

    def figure(self, vectors: NDArray[np.float32]) -> float:
        """Mean NDCG@10 of up to 1,000 users, by plain ridge regression: quick, for early stopping."""
        model = self._fitted(vectors, Content(learning="ridge", prior=0))

        def score(queries: Sequence[Query]) -> Scores:
            found = model.score(queries)
            found[:, ~self._lesson.new] = np.nan
            return found

        return self._judge.ndcg(score)

    def report(self, vectors: NDArray[np.float32]) -> Report:
        """NDCG@10 of all users who liked a held-out item, by `content` as it is by default."""
        lesson = self._lesson
        asked = _Asked(self._fitted(vectors, Content(prior=0)), lesson.known)
        return evaluate(asked, lesson.known, lesson.held, metrics=["ndcg"], k=K, allowed=lesson.new)

    def _fitted(self, vectors: NDArray[np.float32], model: Content) -> Content:
        present = self._lesson.present
        raw = Features(self._source, vectors * present[:, None], present)
        found = Whiten().fit(raw).apply(raw)
        items = ItemVectors(found.vectors, present)
        return model.fit(self._lesson.known, items=items, features={"tuned": found}, run=Run())


class _Asked:
    """A model of inside queries, asked by outside ids."""

    def __init__(self, model: Content, data: Dataset) -> None:
        self._model, self._data = model, data

    def recommend(
        self, users: Sequence[str], k: int = 10, *, allowed: NDArray[np.bool_] | None = None
    ) -> Recommendations:
        asked = queries(self._data, self._data.users.rows(users))
        return self._model.recommend(asked, k, allowed=allowed)

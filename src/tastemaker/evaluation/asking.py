"""Getting lists from a model, and refusing what are no lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, Run
from tastemaker.data import Dataset, Recommendations
from tastemaker.evaluation.base import Recommends, RecommendsAmong

BLOCK = 4096  # users a call: progress can be shown and queries do not pile up


def users_with_answers(test: Dataset) -> NDArray[np.int32]:
    """Rows of the users with a right answer, ascending; raises `DataError` where there is none."""
    users = np.flatnonzero(np.bincount(test.liked_pairs // max(len(test.items), 1))).astype(np.int32)
    if not len(users):
        raise DataError(
            f"None of the {len(test.interactions)} test interactions is positive: there is nothing to find."
        )
    return users


@dataclass(frozen=True)
class Asker:
    """Asks a model for lists of users by their row in `data`."""

    model: Recommends
    data: Dataset
    depth: int
    allowed: NDArray[np.bool_] | None = None
    run: Run = field(default_factory=Run)

    def lists(self, users: NDArray[np.int32]) -> Recommendations:
        """Lists of `depth` places for `users`, (q,), checked; raises `DataError`."""
        blocks = range(0, len(users), BLOCK)
        parts = [self._ask(users[at : at + BLOCK]) for at in self.run.progress(blocks, "recommend")]
        listed = np.concatenate([part.items for part in parts])
        check(listed, users, self.data)
        return Recommendations(users, listed, np.concatenate([part.scores for part in parts]))

    def _ask(self, users: NDArray[np.int32]) -> Recommendations:
        names = [self.data.users.ids[user] for user in users]
        if self.allowed is None:
            recs = self.model.recommend(names, self.depth)
        else:
            recs = cast(RecommendsAmong, self.model).recommend(names, self.depth, allowed=self.allowed)
        if len(recs.items) != len(users):
            raise DataError(f"The model was asked for {len(users)} lists and gave {len(recs.items)}.")
        return recs


def check(listed: NDArray[np.int32], users: NDArray[np.int32], data: Dataset) -> None:
    """Raise `DataError` where a list names an item twice or one that does not exist."""
    if listed.size and (listed.max() >= len(data.items) or listed.min() < -1):
        raise DataError(f"A list holds item {int(listed.max())}, and there are {len(data.items)} items (from 0).")
    ordered = np.sort(listed, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        row, place = (int(at[0]) for at in np.nonzero(twice))
        item, user = data.items.ids[ordered[row, place]], data.users.ids[users[row]]
        raise DataError(f"The list of user {user!r} names item {item!r} twice. Each item may stand once in a list.")

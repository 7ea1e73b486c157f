"""What models are stopped and chosen by: the lists of some users against held-out behaviour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, FeatureSet, Query, queries
from tastemaker.models.base import Scores
from tastemaker.models.ranking import Score, Wish, rank

JUDGED = 4000  # users at most whose lists are looked at while a network is trained
PLACES = 10
FEW = 10  # users of a group below which it says nothing
FAINT = 1e-3  # added to the figure of a group, so that one without any hit leaves what the others say


class Judge:
    """Users who liked something that was held out, with the histories that they ask with.

    Args:
        data: Histories.
        validation: What should stand in the lists.
        limit: Users at most, spread over all.
        people: Vectors of the users by encoder; their attributes are asked with.
        allowed: Items that may be listed, bool, shape (n_items,); None: all.
        among: Users who may be asked for, bool, shape (n_users,); None: all.
        groups: User u belongs to group ``u % groups``; the figure is the geometric mean of the groups' means, so that
            each counts alike, however hard its lists are. A group of fewer than 10 users does not count.
    """

    def __init__(  # noqa: PLR0913 - who is asked for, and with what
        self,
        data: Dataset,
        validation: Dataset,
        limit: int = JUDGED,
        *,
        people: FeatureSet | None = None,
        allowed: NDArray[np.bool_] | None = None,
        among: NDArray[np.bool_] | None = None,
        groups: int = 1,
    ) -> None:
        log, self._items = validation.interactions, len(data.items)
        right = log.sign > 0 if among is None else (log.sign > 0) & among[log.user]
        self._pairs = np.unique(log.user[right].astype(np.int64) * self._items + log.item[right])
        owner = self._pairs // self._items
        users = np.unique(owner)
        step = max(1, -(-len(users) // limit))
        if groups > 1 and step % groups == 0:
            step += 1
        self.users = users[::step]
        self._groups = _parted(self.users, groups)
        self.asking = [
            _profiled(query, user, people or {})
            for query, user in zip(queries(data, self.users), self.users.tolist(), strict=True)
        ]
        self._allowed = allowed
        self._place = {id(query): n for n, query in enumerate(self.asking)}
        self._gains = 1 / np.log2(np.arange(2, PLACES + 2))
        wanted = np.searchsorted(owner, self.users, "right") - np.searchsorted(owner, self.users)
        self._ideal = np.cumsum(self._gains)[np.minimum(wanted, PLACES) - 1]

    def ndcg(self, score: Score) -> float:
        """Mean NDCG@10 of the lists that `score` gives; 0 where nobody is asked for."""
        return self.figure(self.hits(self.first(score, PLACES))) if len(self.users) else 0.0

    def first(self, score: Score, places: int) -> NDArray[np.int32]:
        """The best items of each user under `score`, (users, places); -1 pads."""
        return rank(score, self.asking, Wish(places, allowed=self._allowed)).items

    def hits(self, items: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each item of each user was held out, (users, any number)."""
        found = np.isin(self.users[:, None] * self._items + items.astype(np.int64), self._pairs)
        return np.asarray(found & (items >= 0), bool)

    def figure(self, hits: NDArray[np.bool_]) -> float:
        """Mean NDCG@10 of lists with these hits, (users, 10)."""
        each = hits @ self._gains / self._ideal
        means = np.array([each[group].mean() for group in self._groups])
        return float(means[0] if len(means) == 1 else np.exp(np.log(means + FAINT).mean()) - FAINT)

    def ndcg_of(self, scores: Scores) -> float:
        """The same of scores that are at hand, (users, n_items)."""
        return self.ndcg(self.at_hand(scores))

    def at_hand(self, scores: Scores) -> Score:
        """A scorer of those who are asked for, whose scores are at hand, (users, n_items)."""
        return lambda some: scores[self.rows(some)]

    def rows(self, some: Sequence[Query]) -> list[int]:
        """Which of `asking` these are."""
        return [self._place[id(query)] for query in some]


def _parted(users: NDArray[np.int64], groups: int) -> list[NDArray[np.bool_]]:
    """Members of the groups that count; all where none does."""
    each = [users % groups == group for group in range(groups)]
    return [group for group in each if group.sum() >= FEW] or [np.ones(len(users), bool)]


def _profiled(query: Query, user: int, people: FeatureSet) -> Query:
    known = {
        name: found.vectors[user]
        for name, found in people.items()
        if found.source == "attributes" and found.present[user]
    }
    return replace(query, profile=known) if known else query


def ndcg(scorer: Callable[[], Score], data: Dataset, validation: Dataset | None) -> Callable[[], float] | None:
    """A function that gives the mean NDCG@10 of up to 4,000 users; None where nobody held out liked anything.

    Args:
        scorer: Gives the scores of the model as it stands.
        data: Histories.
        validation: What should stand in the lists.
    """
    judge = None if validation is None else Judge(data, validation)
    return (lambda: judge.ndcg(scorer())) if judge is not None and len(judge.users) else None

"""What content says in closed form beside a network, and what it weighs there: held-out behaviour chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.core.run import Clock
from tastemaker.data import Dataset, FeatureSet, Query
from tastemaker.models import sparse
from tastemaker.models.base import Given
from tastemaker.models.content import Content
from tastemaker.models.halves import USUAL, Half, Halves, Weights, products
from tastemaker.models.judging import Judge
from tastemaker.models.ranking import Score

KNOWN = (USUAL.known, 0.0, 0.1, 0.6, 1.0, 2.0)
NEW = (USUAL.new, 0.0, 0.3, 0.6, 1.0, 4.0, 8.0)
PENALTIES = (USUAL.penalty, 0.5, 1.0, 2.0, 3.0)
TOGETHER = 512  # who are placed at a time
TRYING = 0.6  # share of the time budget, from the begin of learning on, after which nothing more is tried
RECENT = 5  # events that a short history has

Rows = NDArray[np.bool_]
T = TypeVar("T")
Look = Callable[[T, Dataset, Dataset, Dataset | None], None]


@dataclass
class Beside:
    """The closed form (likeness, and kernel ridge regression to behaviour: `Content`) beside a network.

    Attributes:
        given: What the network may learn from.
        run: Seed and progress.
        known: What the closed form weighs at items that somebody liked; None: chosen; 0: nothing, and where `new` is
            None nothing at new items either.
        new: The same at items that nobody liked.
        penalty: How far below the others these stand, in standard deviations of a query's opinions; None: chosen.
    """

    given: Given
    run: Run
    known: float | None = None
    new: float | None = None
    penalty: float | None = None

    def __post_init__(self) -> None:
        if self.known == 0 and self.new is None:
            self.new = 0.0
        self._chosen = USUAL
        self._clock = Clock(None if self.run.seconds is None else self.run.seconds * TRYING)

    @property
    def speaks(self) -> bool:
        """Whether there is a closed form at all."""
        asked = self.known != 0 or bool(self.new) or bool(self.penalty)
        return asked and self.given.items is not None and bool(self.given.features)

    @property
    def chooses(self) -> bool:
        """Whether something is to be chosen."""
        return self.speaks and None in {self.known, self.new, self.penalty}

    @property
    def weights(self) -> Weights:
        """What was told, or else chosen."""
        told = (self.known, self.new, self.penalty)
        return Weights(*(mine if said is None else said for said, mine in zip(told, self._chosen, strict=True)))

    def halves(self, trained: Half, data: Dataset) -> Halves:
        """What was trained on `data`, and beside it what content says."""
        new = np.bincount(sparse.liked(data).indices, minlength=len(data.items)) == 0
        if not self.speaks:
            return Halves(trained, new)
        closed = Content()
        closed.learn(data, self.given, self.run)
        return Halves(trained, new, closed).weighing(self.weights)

    def looking(self, half: Callable[[T], Half]) -> Look[T] | None:
        """What is to be called with a network that some behaviour was held out from; None where nothing is chosen.

        Args:
            half: Gives the network's opinion.
        """
        if not self.chooses:
            return None
        return lambda task, part, held, fresh: self.choose(half(task), part, held, fresh)

    def choose(self, trained: Half, data: Dataset, held: Dataset, fresh: Dataset | None) -> None:
        """Take the weights by which lists after `data` are best, at `held` and, for new items alone, at `fresh`.

        The figure is NDCG@10 by whole histories and by their latest five events, added: people come back, and come
        new. Without `fresh`, new items are those of `held` that nobody liked in `data`. Items of `fresh` do not count
        where it is asked how far below the others new ones belong: it was us who made them new.
        """
        made, log = self.halves(trained, data), held.interactions
        young = held.only(made.new[log.item]) if fresh is None else fresh
        weights = self.weights
        if self.known is None:
            judge = Judge(data, held.only(~made.new[log.item]), allowed=~made.new)
            weights = self._best(made, judge, [weights._replace(known=weight) for weight in KNOWN])
        if self.new is None:
            judge = Judge(data, young, allowed=_of(young))
            weights = self._best(made, judge, [weights._replace(new=weight) for weight in NEW])
        if self.penalty is None:
            judge = Judge(data, held, allowed=None if fresh is None else ~_of(fresh))
            weights = self._best(made, judge, [weights._replace(penalty=lower) for lower in PENALTIES])
        self._chosen = weights
        self.run.say(
            f"Content in closed form weighs {weights.known:g} beside the network, {weights.new:g} at new items, "
            f"which stand {weights.penalty:g} lower."
        )

    def _best(self, made: Halves, judge: Judge, tried: Sequence[Weights]) -> Weights:
        """Those with the best lists; the first where nobody is asked for, and of those that there is time to try."""
        if not len(judge.users):
            return tried[0]
        asking = [_profiled(query, self.given.users or {}) for query in judge.asking]
        where = [_placed(made, asking), _placed(made, [short_of(query) for query in asking])]
        best, most = tried[0], -1.0
        for weights in tried:
            if most >= 0 and self._clock.least(0) == 0:
                break
            items = made.weighed(weights)
            figure = sum(judge.ndcg(_scorer(judge, at, items)) for at in where)
            if figure > most:
                best, most = weights, figure
        return best


def _placed(made: Halves, asking: Sequence[Query]) -> NDArray[np.float32]:
    return np.concatenate([made(asking[at : at + TOGETHER]) for at in range(0, len(asking), TOGETHER)])


def _scorer(judge: Judge, where: NDArray[np.float32], items: NDArray[np.float32]) -> Score:
    return lambda some: products(where[judge.rows(some)], items)


def short_of(query: Query) -> Query:
    """The same as if events before the latest five said nothing; they stay out of lists all the same."""
    sign = query.sign.copy()
    sign[: max(0, len(sign) - RECENT)] = 0
    return replace(query, sign=sign)


def _of(data: Dataset) -> Rows:
    """The items that something happened to, (n_items,)."""
    return np.bincount(data.interactions.item, minlength=len(data.items)) > 0


def _profiled(query: Query, users: FeatureSet) -> Query:
    known = {name: found.vectors[query.user] for name, found in users.items() if found.present[query.user]}
    return replace(query, profile=known) if known else query

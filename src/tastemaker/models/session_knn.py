"""What came next in similar sessions: neighbourhood collaborative filtering over sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import AS_SETS, Range, SearchSpace, Starts
from tastemaker.data import Dataset, Query
from tastemaker.models import histories
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.session_log import Ints, SessionLog, spans

Reals = NDArray[np.float64]
WORK = 1 << 21  # entries looked at together: about 200 MiB
DAY = 86_400.0


@dataclass(frozen=True)
class Near:
    """Pairs of a query and a past session, ordered by query.

    Attributes:
        query: Shape (p,).
        session: Shape (p,).
        worth: How similar they are, shape (p,).
        entry: The entry of the session that weighs most in the query, shape (p,).
    """

    query: Ints
    session: Ints
    worth: Reals
    entry: Ints


@final
@component
class SessionKNN(Recommender):
    """Score an item by the similar sessions that hold it, those that hold it just after what counts most of the query.

    ``score(i) = n_i^-popularity sum_s sim(q, s) near(i, s)`` over the `k` most similar sessions s that hold i, with
    ``sim(q, s) = (sum_j w_j log(N / n_j)^rarity / |s|^length)^focus`` over liked items j of the query that s holds.
    ``w_j = decay ** steps back``, ``-dislike`` times that for disliked items. With j* the item both share whose
    ``w_j log(N / n_j)^rarity`` is largest (of late and rare ones), ``near(i, s) = exp(-d / reach)``, d the steps from
    j* to i in s, times `behind` where i comes before j*. N sessions, n_i of them hold i. A session is a user's whole
    history, or a visit where the data number them; one's own sessions are no neighbours. Items that no neighbour holds
    get no opinion.

    Source: Ludewig & Jannach 2018 (V-SKNN); Garg et al. 2019 (STAN), whose item weight looks both ways alike.

    Attributes:
        k: Neighbours of a query.
        sample: Sessions an item leads to, the newest.
        last: Newest items of a query that look for neighbours.
        decay: Weight of a step back in the query; used where the data have an order.
        reach: Steps in a neighbour over which the weight falls to 1 / e; used where the data have an order.
        behind: Weight of what came before the shared item; used where the data have an order.
        fresh: Days between query and shared item over which a neighbour's weight falls to 1 / e; None: no matter.
        length: 0 takes long sessions as they are, 0.5 is the cosine, 1 the mean over their items.
        rarity: Power of the inverse document frequency of shared items.
        focus: Power of the similarity: above 1 the nearest decide.
        popularity: Power of the number of sessions that scores are divided by.
        dislike: Weight of disliked items: sessions that hold them count less; 0 leaves them out.
        visits: Whether sessions are visits where the data number them; else whole histories.
    """

    name: ClassVar[str] = "session_knn"
    space: ClassVar[SearchSpace] = {
        "k": Range(50, 2000, log=True),
        "decay": Range(0.4, 1.0),
        "reach": Range(1.0, 50.0, log=True),
        "behind": Range(0.0, 1.0),
        "length": Range(0.0, 1.0),
        "rarity": Range(0.0, 2.0),
        "popularity": Range(0.0, 0.6),
    }
    starts: ClassVar[Starts] = AS_SETS
    parallel: ClassVar[bool] = True
    k: Annotated[int, Ge(1)] = 300
    sample: Annotated[int, Ge(1)] = 5000
    last: Annotated[int, Ge(1)] = 20
    decay: Annotated[float, Gt(0), Le(1)] = 0.7
    reach: Annotated[float, Gt(0)] = 5.0
    behind: Annotated[float, Ge(0), Le(1)] = 0.2
    fresh: Annotated[float, Gt(0)] | None = None
    length: Annotated[float, Ge(0), Le(2)] = 0.5
    rarity: Annotated[float, Ge(0), Le(4)] = 1.0
    focus: Annotated[float, Gt(0), Le(4)] = 1.0
    popularity: Annotated[float, Ge(0), Le(1)] = 0.2
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25
    visits: bool = True

    def __post_init__(self) -> None:
        self._log: SessionLog | None = None
        self._counts = np.empty(0)
        self._ordered = self._timed = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Keep the sessions."""
        self._log = SessionLog.of(data, visits=self.visits, sample=self.sample)
        self._counts = np.bincount(self._log.item, minlength=len(data.items)).astype(np.float64)
        self._ordered, self._timed = data.clock != "none", data.clock == "time"

    def score(self, queries: Sequence[Query]) -> Scores:
        """Sums over the neighbours; nan where none holds the item."""
        self._fitted()
        out = np.full((len(queries), len(self._counts)), np.nan, np.float32)
        row, item, weight = self._asked(queries)
        cost = np.bincount(row, self._reached(item), len(queries))
        for part in _cut(cost):
            mine = (row >= part.start) & (row < part.stop)
            found = self._nearest(row[mine] - part.start, item[mine], weight[mine], queries[part])
            self._add(out[part], found)
        return out

    def state(self) -> State:
        """The sessions."""
        packed = self._fitted().pack()
        return {**packed, "counts": self._counts, "clock": np.array([self._ordered, self._timed])}

    def restore(self, state: State) -> None:
        """Take them back."""
        self._log, self._counts = SessionLog.unpack(state), array(state, "counts")
        self._ordered, self._timed = (bool(known) for known in array(state, "clock"))

    def _asked(self, queries: Sequence[Query]) -> tuple[Ints, Ints, Reals]:
        """Row, item and weight of the newest opinions of each query."""
        decay = self.decay if self._ordered else 1.0
        taken = histories.matrix(queries, len(self._counts), decay=decay, dislike=self.dislike).tocoo()
        row, item, weight = taken.row.astype(np.int64), taken.col.astype(np.int64), taken.data.astype(np.float64)
        if not self._ordered:
            return row, item, weight
        order = np.lexsort((-np.abs(weight), row))
        keep = np.sort(order[_places(row[order]) < self.last])
        return row[keep], item[keep], weight[keep]

    def _reached(self, item: Ints) -> Ints:
        return np.diff(self._fitted().first)[item]

    def _nearest(self, row: Ints, item: Ints, weight: Reals, queries: Sequence[Query]) -> Near:
        """The `k` most similar sessions of each query."""
        log = self._fitted()
        rare = np.log(len(log.owner) / np.maximum(self._counts, 1)) ** self.rarity
        asked, at = spans(log.first[item], self._reached(item))
        entry = log.found[at]
        weight, row, session = (weight * rare[item])[asked], row[asked], log.session[entry]
        own = np.array([-1 if q.user is None else q.user for q in queries])
        others = log.owner[session] != own[row]
        weight, row, session, entry = weight[others], row[others], session[others], entry[others]
        order = np.lexsort((entry, weight, session, row))
        weight, row, session, entry = weight[order], row[order], session[order], entry[order]
        new = np.flatnonzero(np.diff(row * len(log.owner) + session, prepend=-1))
        total = np.add.reduceat(weight, new) if len(new) else weight
        end = np.append(new[1:], len(row))[: len(new)] - 1
        found = Near(row[end], session[end], np.maximum(total, 0), entry[end])
        return self._best(self._weighed(found, queries))

    def _weighed(self, found: Near, queries: Sequence[Query]) -> Near:
        """Length, focus and freshness brought in."""
        log = self._fitted()
        worth = (found.worth / log.size[found.session] ** self.length) ** self.focus
        if self.fresh is not None and self._timed:
            now = np.array([q.time[-1] if len(q.time) else -1 for q in queries])[found.query]
            then = log.time[found.entry]
            days = np.where((now >= 0) & (then >= 0), np.abs(now - then) / DAY, 0.0)
            worth = worth * np.exp(-days / self.fresh)
        return Near(found.query, found.session, worth, found.entry)

    def _best(self, found: Near) -> Near:
        """The `k` best of each query and all that tie with the last of them, so that no row number matters."""
        order = np.lexsort((-found.worth, found.query))
        place, query = _places(found.query[order]), found.query[order]
        edge = np.zeros(int(query[-1]) + 1 if len(query) else 0)
        edge[query[place == self.k - 1]] = found.worth[order[place == self.k - 1]]
        keep = np.flatnonzero((found.worth >= edge[found.query]) & (found.worth > 0))
        return Near(found.query[keep], found.session[keep], found.worth[keep], found.entry[keep])

    def _add(self, out: Scores, found: Near) -> None:
        """Write the sums over the neighbours into `out`, (q, n_items)."""
        from scipy.sparse import csr_array

        log = self._fitted()
        size = log.size[found.session]
        scale = np.maximum(self._counts, 1) ** -self.popularity
        for part in _cut(np.bincount(found.query, size, len(out))):
            pairs = slice(*np.searchsorted(found.query, [part.start, part.stop]))
            pair, entry = spans(log.start[found.session[pairs]], size[pairs])
            worth = found.worth[pairs][pair] * self._near(entry - found.entry[pairs][pair])
            item = log.item[entry]
            cells = (worth * scale[item], (found.query[pairs][pair] - part.start, item))
            total = csr_array(cells, shape=(part.stop - part.start, out.shape[1])).toarray()
            out[part] = np.where(total > 0, total, np.nan)

    def _near(self, steps: Ints) -> Reals:
        if not self._ordered:
            return np.ones(len(steps))
        return np.exp(-np.abs(steps) / self.reach) * np.where(steps < 0, self.behind, 1.0)

    def _fitted(self) -> SessionLog:
        if self._log is None:
            raise NotFitted(self)
        return self._log


def _places(row: Ints) -> Ints:
    """0, 1, 2, ... within each run of equal rows."""
    new = np.flatnonzero(np.diff(row, prepend=-1))
    return np.arange(len(row)) - np.repeat(new, np.diff(np.append(new, len(row))))


def _cut(cost: NDArray[Any]) -> list[slice]:
    """Slices of rows that cost about `WORK` together."""
    cuts = np.flatnonzero(np.diff(np.cumsum(cost) // WORK)) + 1
    return [slice(a, b) for a, b in pairwise([0, *cuts.tolist(), len(cost)])]

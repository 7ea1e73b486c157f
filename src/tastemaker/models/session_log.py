"""Past sessions as flat columns, with an index from each item to the sessions that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset
from tastemaker.models.base import State, array
from tastemaker.models.histories import latest

Ints = NDArray[np.int64]
NAMES = ("start", "item", "time", "owner", "found", "first")


@dataclass(frozen=True)
class SessionLog:
    """Liked items by session, oldest first in each; session s holds the entries ``start[s]:start[s + 1]``.

    Attributes:
        start: Shape (sessions + 1,).
        item: Item of each entry, shape (n,).
        time: Its time, shape (n,); -1 unknown.
        owner: User of each session, shape (sessions,).
        found: Entries grouped by item, the newest `sample` of each; those of i are ``found[first[i]:first[i + 1]]``.
        first: Shape (items + 1,).
    """

    start: Ints
    item: Ints
    time: Ints
    owner: Ints
    found: Ints
    first: Ints

    @classmethod
    def of(cls, data: Dataset, *, visits: bool, sample: int) -> Self:
        """Cut `data` into sessions: visits where rows carry one and `visits` is set, else whole histories.

        Of several opinions on one item within a session the latest holds; those that are no liking are left out.
        """
        log = data.interactions
        place = np.flatnonzero(log.sign)
        visit = log.session[place] if visits else np.full(len(place), -1)
        pairs, session = np.unique(np.stack([log.user[place], visit], axis=1), axis=0, return_inverse=True)
        session = session.ravel()
        place, session = _kept(place, session, log.item[place], log.sign)
        found, first = _index(log.item[place], place, len(data.items), sample)
        return cls(
            start=_starts(session, len(pairs)),
            item=log.item[place].astype(np.int64),
            time=log.time[place].astype(np.int64),
            owner=pairs[:, 0].astype(np.int64),
            found=found,
            first=first,
        )

    @property
    def session(self) -> Ints:
        """Session of each entry, shape (n,)."""
        return np.repeat(np.arange(len(self.owner)), self.size)

    @property
    def size(self) -> Ints:
        """Number of entries of each session, shape (sessions,)."""
        return np.diff(self.start)

    def pack(self) -> State:
        """The columns as arrays of a state."""
        return {name: getattr(self, name) for name in NAMES}

    @classmethod
    def unpack(cls, state: State) -> Self:
        """What `pack` gave; raises `SavedError` where a column is absent."""
        return cls(**{name: array(state, name) for name in NAMES})


def spans(start: Ints, size: Ints) -> tuple[Ints, Ints]:
    """The numbers ``start[n] .. start[n] + size[n] - 1`` one after the other, each beside its n."""
    row = np.repeat(np.arange(len(size)), size)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(size) - size - start, size)


def _kept(place: Ints, session: Ints, item: NDArray[np.int32], sign: NDArray[np.int8]) -> tuple[Ints, Ints]:
    """Rows of the log that count and their sessions, in order of (session, age)."""
    last = latest(session, item)
    place, session = place[last], session[last]
    liked = sign[place] > 0
    place, session = place[liked], session[liked]
    order = np.argsort(session, kind="stable")
    return place[order], session[order]


def _index(item: NDArray[np.int32], age: Ints, items: int, sample: int) -> tuple[Ints, Ints]:
    """Entries by item, ascending, no more than the `sample` newest of each, and where each item begins."""
    order = np.lexsort((age, item))
    end = np.cumsum(np.bincount(item, minlength=items))
    order = order[end[item[order]] - np.arange(len(order)) <= sample]
    order = order[np.lexsort((order, item[order]))]
    return order, _starts(item[order], items)


def _starts(row: NDArray[np.integer], n: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int64)

"""From what a store keeps of somebody, and what he did just now, to the query that a model answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data import Dataset, Query
from tastemaker.data.events import WEIGHTS, canonical
from tastemaker.features.users import profile_of
from tastemaker.pipeline import Pipeline
from tastemaker.storage.base import Attribute, Deed, Event

Rows = NDArray[np.int32]
Said = tuple[int, float, int]  # sign, weight, number of the event
LATER = "write-back"  # session of events that count once their time has come


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, in rows.

    Attributes:
        query: For the model; items that came after it are stood in for by their nearest.
        seen: Every item of the history, later ones among them.
        liked: Those with positive feedback, oldest first.
        disliked: Those with negative feedback.
    """

    query: Query
    seen: Rows
    liked: Rows
    disliked: Rows


@dataclass(frozen=True)
class Meaning:
    """What events mean to a model.

    Attributes:
        kinds: Number of each event that the model's data name.
        explicit: Whether its values are ratings.
        positive: Ratings from here on are positive.
        usual: Rating that stands for positive feedback of another kind.
    """

    kinds: Mapping[str, int]
    explicit: bool
    positive: float
    usual: float

    @classmethod
    def of(cls, data: Dataset) -> Meaning:
        """As the model's data have it."""
        log = data.interactions
        liked = log.value[log.sign > 0]
        kinds = {name: number for number, name in enumerate(data.events)}
        if not data.explicit or not len(liked):
            return cls(kinds, False, 0.0, 1.0)
        return cls(kinds, True, float(liked.min()), float(liked.mean()))

    def of_event(self, kind: str, value: float) -> Said:
        """Sign, weight and number of an event, whose kind is as the shop calls it."""
        known = canonical(kind) if kind else ""
        return self.sign(known, value), self.weight(known, value), self.kinds.get(known, 0)

    def sign(self, kind: str, value: float) -> int:
        """+1 positive, 0 says nothing, -1 negative."""
        if kind == "rate" or (self.explicit and not kind):
            return int(value >= self.positive) if self.explicit else int(np.sign(value))
        return int(np.sign(WEIGHTS.get(kind, 1.0)))

    def weight(self, kind: str, value: float) -> float:
        """What stands in `Query.value`."""
        rating = kind == "rate" or not kind
        if self.explicit:
            return value if rating else self.usual
        return value if rating and value else WEIGHTS.get(kind, 1.0)


class Histories:
    """Makes queries.

    Args:
        pipeline: The model, its data and features.
        row: Row of an item's id; None where it is unknown.
        stand_in: Row of the model for a row that came later; -1 where nothing is near.
    """

    def __init__(self, pipeline: Pipeline, row: Callable[[str], int | None], stand_in: Callable[[int], int]) -> None:
        from tastemaker.features.attributes import Attributes

        self._pipeline, self._row, self._stand_in = pipeline, row, stand_in
        self._meaning = Meaning.of(pipeline.data)
        learned = pipeline.data.user_attributes
        self._code = Attributes().fit_table(learned) if learned else None
        self._items = len(pipeline.data.items)
        self._said = lru_cache(maxsize=4096)(self._meaning.of_event)

    def sign(self, kind: str, value: float) -> int:
        """+1 positive, 0 says nothing, -1 negative."""
        return self._said(kind, value)[0]

    def asking(self, user: str, events: Sequence[Event], about: Mapping[str, Attribute]) -> Asking:
        """The query of `user` ("" a visitor) with these events, oldest first, and these attributes."""
        return self.of(user, [event.deed for event in events], about)

    def of(self, user: str, events: Sequence[Deed], about: Mapping[str, Attribute], now: float = inf) -> Asking:
        """The same of the parts that count; without those that are to count later than `now`."""
        told = [
            (row, self._said(kind, value), time)
            for item, kind, value, time, session in events
            if (row := self._row(item)) is not None and (time <= now or session != LATER)
        ]
        latest: dict[int, tuple[Said, float]] = {}
        for row, said, time in told:
            before = latest.pop(row, None)
            if before is not None and before[0] != said:
                said = _stronger(before[0], said)
            latest[row] = (said, time)
        rows = np.fromiter(latest, np.int32, len(latest))
        columns = np.array([(*said, time) for said, time in latest.values()], np.float64).reshape(len(rows), 4)
        signs = columns[:, 0]
        return Asking(self._query(user, rows, columns, about), rows, rows[signs > 0], rows[signs < 0])

    def unprofiled(self, asking: Asking) -> Asking:
        """Of somebody who is not to be profiled: what he has had is not listed again, and tells nothing."""
        nobody = np.empty(0, np.int32)
        return Asking(Query(None), asking.seen, nobody, nobody)

    def _query(self, user: str, rows: Rows, columns: NDArray[np.float64], about: Mapping[str, Attribute]) -> Query:
        if len(rows) and int(rows.max()) >= self._items:
            known = np.array([r if r < self._items else self._stand_in(r) for r in rows.tolist()], np.int32)
            rows, columns = known[known >= 0], columns[known >= 0]
        query = Query(
            user=self._pipeline.data.users.row(user) if user else None,
            history=rows,
            value=columns[:, 1].astype(np.float32),
            time=columns[:, 3].astype(np.int64),
            kind=columns[:, 2].astype(np.uint8),
            sign=columns[:, 0].astype(np.int8),
        )
        return replace(query, profile=self._profile(query, about)) if self._pipeline.users else query

    def _profile(self, query: Query, about: Mapping[str, Attribute]) -> dict[str, NDArray[np.float32]]:
        profile = profile_of(query, self._pipeline.features, self._pipeline.users)
        if about and self._code is not None:
            with suppress(DataError):  # a text where the model knows numbers: as if it were missing
                vector = self._code.encode([{k: _plain(v) for k, v in about.items()}])[0]
                if vector.any():
                    profile["attributes"] = vector
        return profile


def _stronger(before: Said, said: Said) -> Said:
    """What was said last; with the stronger weight of both where the signs are the same."""
    sign, weight, kind = said
    return (sign, max(weight, before[1], key=abs), kind) if before[0] == sign else said


def _plain(value: Attribute) -> str | float:
    """As a table of attributes holds it: texts with ``|`` between several, truths as words."""
    if isinstance(value, list):
        return "|".join(value)
    return str(value).lower() if isinstance(value, bool) else value

"""One version of a model with all that it needs to answer: items by row, content, rules' columns, what is asked for."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, FeatureSet, Query, queries
from tastemaker.pipeline import Pipeline
from tastemaker.rules.columns import Columns
from tastemaker.serving.histories import Asking, Histories
from tastemaker.serving.late import Placing
from tastemaker.serving.pulse import Pulse
from tastemaker.serving.remembered import Remembered
from tastemaker.serving.scoring import Choice, approximate, scorer
from tastemaker.serving.space import Space
from tastemaker.storage.base import Deed, Item

Rows = NDArray[np.int32]
SAMPLE = 256  # users by whom an approximate index is tuned, which needs 128 with opinions


@dataclass(frozen=True)
class Waiting:
    """An item that came after the model and has not been placed by its content yet."""

    row: int
    item: Item


class Values(Protocol):
    """What candidates are worth by the actions that are to be expected; see `serving.actions`."""

    def __call__(self, live: Live, asking: Asking, rows: Rows, behaviour: NDArray[np.float64]) -> NDArray[np.float64]:
        """One number a candidate, shape (c,), from the model's scores beside them."""
        ...


class Live:
    """Rows are those of the model first, in its order, then those of items that came later.

    One thread at a time may call `take`, `count` and `place`; any number may read meanwhile.

    Args:
        pipeline: A fitted pipeline.
        version: Name of the model, which answers tell.
        now: Seconds since 1970.
        index: How items are searched, see `ServeSettings`.
        kept: Folder where an approximate index is kept, so that it is built once; None keeps none.

    Attributes:
        values: What actions are worth; None before any was learned.
        remembered: Who asked lately.
    """

    def __init__(
        self, pipeline: Pipeline, version: str, now: float, index: Choice = "auto", kept: Path | None = None
    ) -> None:
        data = pipeline.data
        self.pipeline, self.version = pipeline, version
        self.ids: list[str] = list(data.items.ids)
        self.titles: list[str] = [title or name for title, name in zip(data.titles or self.ids, self.ids, strict=True)]
        self._row = {name: row for row, name in enumerate(self.ids)}
        self.known = len(self.ids)
        self.columns = Columns()
        self.columns.begin(self.ids)
        self.space = Space(pipeline.features, self.known)
        asked = _sample(data) if approximate(self.known, index) else ()
        self.scorer = scorer(pipeline.model, self.known, index, asked, kept)
        self.pulse = Pulse(_counts(data), now)
        self.values: Values | None = None
        self.remembered = Remembered()
        self._placing = Placing(self.space.joint, data)
        near: dict[int, int] = {}
        self._near = near
        self.histories = Histories(pipeline, self._row.get, lambda row: near.get(row, -1))  # no cycle: see `settled`
        self._waiting: dict[int, Item] = {}
        self._lock = threading.Lock()

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.ids)

    def row(self, name: str) -> int | None:
        """Row of an item; None where it is unknown."""
        return self._row.get(name)

    def rows(self, names: Sequence[str]) -> Rows:
        """Rows of those that are known."""
        found = (self._row.get(name) for name in names)
        return np.array([row for row in found if row is not None], np.int32)

    def take(self, items: Sequence[Item]) -> None:
        """New and changed items, as the store has them."""
        with self._lock:
            rows = np.array([self._place_of(item.id) for item in items], np.int32)
            self.space.grow(len(self.ids))
            self.columns.put(rows, items)
            for row, item in zip(rows.tolist(), items, strict=True):
                self.titles[row] = item.title or item.id
                if (
                    row >= self.known
                    and not item.deleted
                    and (item.texts or item.title or item.media or item.attributes)
                ):
                    self._waiting[row] = item

    def count(self, deeds: Sequence[Deed], ever: bool = True) -> None:
        """Positive events, for what is asked for."""
        sign = self.histories.sign
        signed = ((self._row.get(item), time) for item, kind, value, time, _ in deeds if sign(kind, value) > 0)
        known = [(row, time) for row, time in signed if row is not None]
        with self._lock:
            rows = np.array([row for row, _ in known], np.int32)
            self.pulse.count(rows, np.array([time for _, time in known]), ever)

    def created(self) -> NDArray[np.float64]:
        """When each item came, nan where that is unknown, shape (n,)."""
        numbers = self.columns.view().cells["created"].numbers
        return np.full(self.n, np.nan) if numbers is None else numbers

    def waiting(self) -> list[Waiting]:
        """Items to be encoded, each told once."""
        with self._lock:
            found = [Waiting(row, item) for row, item in self._waiting.items()]
            self._waiting = {}
        return found

    def place(self, rows: Rows, features: FeatureSet) -> None:
        """Let later items be recommended by their content: whitened vectors of `rows`, by encoder."""
        with self._lock:
            neighbours = self._placing.place(self.space.put(rows, features))
            self.scorer.put(rows, neighbours)
            for row, near, weights in zip(rows.tolist(), neighbours.rows, neighbours.weights, strict=True):
                if weights.any():
                    self._near[row] = int(near[0])

    def _place_of(self, name: str) -> int:
        row = self._row.get(name)
        if row is None:
            row = len(self.ids)
            self.titles.append(name)
            self.ids.append(name)
            self._row[name] = row
        return row


@contextmanager
def unwatched() -> Iterator[None]:
    """Let the collector rest while much is made that stays: it would look at all of it again and again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def settled() -> None:
    """Take what stays, such as a model, out of the collector's sight: a collection that looks at it stops all threads.

    It goes all the same when nobody refers to it any more, as there are no cycles in it.
    """
    gc.collect()
    gc.freeze()


def _sample(data: Dataset) -> list[Query]:
    """What some of the users would ask; the same ones for the same data."""
    return queries(data, range(0, len(data.users), max(1, len(data.users) // SAMPLE)))


def _counts(data: Dataset) -> NDArray[np.float64]:
    log = data.interactions
    return np.bincount(log.item[log.sign > 0], minlength=len(data.items)).astype(np.float64)

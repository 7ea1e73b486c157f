"""Interactions before they are cleaned: numbered columns in the order of arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import NO_SESSION, Clock, Interactions
from tastemaker.data.events import Events, understand
from tastemaker.data.ids import Ids, encode, ids_of
from tastemaker.data.numbers import flat
from tastemaker.data.ratings import Values, values_of
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.text import plain_text
from tastemaker.data.times import Times, times_of

MOST_EVENTS = 200


@dataclass(frozen=True)
class Rows:
    """Interactions of n rows while they are cleaned.

    Attributes:
        log: The columns of the data set to be; users, items and sessions numbered as they came.
        order: What to sort by, int64, shape (n,); -1 unknown.
        number: Row of the table, from 1, int32, shape (n,).
        comments: Texts, object array of shape (n,), or None.
        split: Index into the names of the parts, int32, shape (n,), or None.
    """

    log: Interactions
    order: NDArray[np.int64]
    number: NDArray[np.int32]
    comments: NDArray[np.object_] | None
    split: NDArray[np.int32] | None

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: NDArray[Any]) -> Rows:
        """The rows at `rows`: a mask of shape (n,) or row numbers, kept in that order."""
        log = self.log.take(rows)
        return Rows(
            log,
            log.time if self.order is self.log.time else self.order[rows],
            self.number[rows],
            None if self.comments is None else self.comments[rows],
            None if self.split is None else self.split[rows],
        )

    def keep(self, mask: NDArray[np.bool_], rule: str, ledger: Ledger, said: Any = None) -> Rows:
        """The rows where `mask` is true; the others are told as dropped, with the row number and what it said."""
        if mask.all():
            return self
        gone = np.flatnonzero(~mask)
        ledger.add(rule, "dropped", len(gone), (self._example(row, said) for row in gone[:5]))
        return self.take(mask)

    def _example(self, row: int, said: Any) -> str:
        return f"row {self.number[row]}" + ("" if said is None else f": {said[row]}")


@dataclass(frozen=True)
class Understood:
    """A table of interactions, understood but not cleaned."""

    rows: Rows
    users: list[str]
    items: list[str]
    parts: list[str]
    events: Events
    values: Values
    clock: Clock


def understand_rows(table: Any, roles: Mapping[str, str], settings: DataSettings, ledger: Ledger) -> Understood:
    """Numbers for everything in a table of interactions; rows without ids or with impossible ratings are dropped.

    Args:
        table: A `pyarrow.Table`.
        roles: Our column name -> theirs.
        settings: How to read.
        ledger: Learns what was dropped and repaired.
    """
    columns = {role: table[name] for role, name in roles.items()}
    users, items = (ids_of(columns[role], role, ledger) for role in ("user_id", "item_id"))
    kind, events = _events(columns.get("event"), table.num_rows, settings, ledger)
    values = values_of(columns.get("rating"), kind, events, settings, ledger)
    times = _times(columns.get("timestamp"), table.num_rows, ledger)
    split, parts = _coded(columns.get("split"), "split")
    log = Interactions(
        users.codes,
        items.codes,
        values.value,
        times.seconds,
        kind,
        _session(columns.get("session_id"), table.num_rows, ledger),
        values.sign,
    )
    number = np.arange(1, table.num_rows + 1, dtype=np.int32)
    rows = Rows(log, times.order, number, _comments(columns.get("comment")), split)
    return Understood(
        _usable(rows, users, items, values, ledger),
        users.names,
        items.names,
        parts,
        events,
        values,
        times.clock,
    )


def _usable(rows: Rows, users: Ids, items: Ids, values: Values, ledger: Ledger) -> Rows:
    good = [users.codes >= 0, items.codes >= 0, *(~mask for mask, _ in values.refused)]
    names = ["rows without a user_id", "rows without an item_id", *(name for _, name in values.refused)]
    left = np.ones(len(rows), bool)
    for mask, name in zip(good, names, strict=True):
        if not mask.all():
            gone = np.flatnonzero(~mask & left)
            shown = (f"row {row + 1}" + values.example(row, name) for row in gone[:5])
            ledger.add(name, "dropped", len(gone), shown)
            left &= mask
    return rows if left.all() else rows.take(left)


def _events(column: Any, n: int, settings: DataSettings, ledger: Ledger) -> tuple[NDArray[np.uint8], Events]:
    if column is not None:
        codes, names = encode(column, "event")
        if len(names) <= MOST_EVENTS:
            events = understand(names, settings.events, ledger)
            return np.array([*events.kinds, 0], np.uint8)[codes], events
        ledger.add("the column of events has too many different values", "ignored", len(names), names)
    return np.zeros(n, np.uint8), understand([], settings.events, ledger)


def _times(column: Any, n: int, ledger: Ledger) -> Times:
    if column is None:
        unknown = np.full(n, -1, np.int64)
        return Times(unknown, unknown, "none")
    return times_of(column, ledger)


def _session(column: Any, n: int, ledger: Ledger) -> NDArray[np.int32]:
    return np.full(n, NO_SESSION, np.int32) if column is None else ids_of(column, "session_id", ledger).codes


def _coded(column: Any, what: str) -> tuple[NDArray[np.int32] | None, list[str]]:
    if column is None:
        return None, []
    codes, names = encode(column, what)
    return np.where(codes < 0, len(names), codes).astype(np.int32), [*(name.strip() for name in names), ""]


def _comments(column: Any) -> NDArray[np.object_] | None:
    if column is None:
        return None
    import pyarrow as pa

    column = flat(column)
    texts = (
        column.to_pylist()
        if pa.types.is_string(column.type)
        else [None if v is None else str(v) for v in column.to_pylist()]
    )
    made = np.empty(len(texts), object)
    made[:] = [plain_text(text) if text else "" for text in texts]
    return made if (made != "").any() else None


def with_log(rows: Rows, **columns: Any) -> Rows:
    """`rows` with some columns of the log replaced."""
    return replace(rows, log=replace(rows.log, **columns))

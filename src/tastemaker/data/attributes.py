"""Attributes of users and items from the columns of their tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.columns import plain
from tastemaker.data.kinds import column_of, several, strings_of, tells_nothing
from tastemaker.data.places import is_place, places
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.table import Column


def attributes(table: Any, whose: str, skip: set[str], settings: DataSettings, ledger: Ledger) -> dict[str, Column]:
    """Attributes by name, in the order of the table; what is none is told.

    Args:
        table: A `pyarrow.Table`.
        whose: "users" or "items"; places are known by their names for users, by the settings for both.
        skip: Columns that are something else (ids, texts, media, vectors).
        settings: Places, categories and what is ignored.
        ledger: Learns which columns are no attributes, and why.
    """
    made: dict[str, Column] = {}
    where: dict[str, list[str]] = {}
    for name in table.column_names:
        if name in skip or name in settings.ignore:
            continue
        if name in settings.places or (whose == "users" and is_place(name)):
            where[name] = strings_of(table[name]) or []
            continue
        column = _attribute(table[name], name, whose, settings, ledger)
        if column is not None:
            made[name] = column
    filled = {name: values for name, values in where.items() if any(values)}
    for name, values in places(filled).items():
        made[name] = Column("place", _objects(values))
    return made


def _attribute(values: Any, name: str, whose: str, settings: DataSettings, ledger: Ledger) -> Column | None:
    code = name in settings.categories or plain(name).endswith("id")
    column = column_of(values, code=code)
    if column is None:
        ledger.add(f"columns of {whose} without values", "ignored", 1, [name])
        return None
    if column.kind == "category":
        column = several(column)
    reason = tells_nothing(column)
    if reason and name not in settings.categories:
        ledger.add(f"columns of {whose} that are no attributes", "ignored", 1, [f"{name}: {reason}"])
        return None
    return column


def _objects(values: list[str]) -> NDArray[np.object_]:
    made = np.empty(len(values), object)
    made[:] = values
    return made


def spread(columns: dict[str, Column], rows: NDArray[np.int32], n: int) -> dict[str, Column]:
    """Columns of a table as columns of n users or items.

    Args:
        columns: Attributes by name, each of shape (len(rows),).
        rows: User or item of each row of the table; -1 leaves the row out.
        n: Number of users or items; those without a row have no value.
    """
    made = {}
    for name, column in columns.items():
        values = np.full(n, np.nan) if column.kind == "number" else _objects([""] * n)
        values[rows[rows >= 0]] = column.values[rows >= 0]
        made[name] = Column(column.kind, values)
    return made

"""Data sets from tables in memory."""

from __future__ import annotations

from typing import Any

from tastemaker.data.build import Reading, build
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources.arrow import to_arrow
from tastemaker.data.sources.tables import Tables


def from_frames(
    interactions: Any, items: Any = None, users: Any = None, settings: DataSettings | None = None
) -> Reading:
    """Clean tables that are in memory as if they had been read from a data folder.

    Args:
        interactions: A table of pandas, Polars or Arrow, or a mapping of columns: user_id, item_id and others.
        items: The same with item_id, or None. Media paths in it are refused: there is no folder.
        users: The same with user_id, or None.
        settings: How to clean; None takes the defaults.

    Raises:
        DataError: one is no table, a needed column is missing, or nothing usable is left.
    """
    tables = Tables(
        "frames",
        "tables in memory",
        to_arrow(interactions, "interactions"),
        None if items is None else to_arrow(items, "items"),
        None if users is None else to_arrow(users, "users"),
    )
    return build(tables, settings or DataSettings(), Ledger())

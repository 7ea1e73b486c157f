"""Users and items of the data set: those of their table first, then those that behaviour adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import Vocabulary
from tastemaker.data.ids import Ids, ids_of
from tastemaker.data.order import renumber
from tastemaker.data.receipt import Ledger


def table_ids(table: Any, column: str, role: str, ledger: Ledger) -> Ids:
    """Ids of a table of users or items; rows without an id and all but the first of one id count as missing."""
    ids = ids_of(table[column], role, ledger)
    missing = np.flatnonzero(ids.codes < 0)
    whose = "users" if role == "user_id" else "items"
    ledger.add(
        f"rows of the {whose} without {role}", "dropped", len(missing), (f"row {row + 1}" for row in missing[:5])
    )
    _, first = np.unique(ids.codes, return_index=True)
    again = ids.codes >= 0
    again[first] = False
    twice = np.flatnonzero(again)
    told = (f"row {row + 1}: {ids.names[ids.codes[row]]!r}" for row in twice[:5])
    ledger.add(f"rows of the {whose} whose {role} stood before", "dropped", len(twice), told)
    return Ids(np.where(again, np.int32(-1), ids.codes), ids.names)


def number(
    codes: NDArray[np.int32], names: Sequence[str], table: Sequence[str], *, only_active: bool
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The vocabulary, and the interactions' codes in its numbers.

    Ids of the table keep the table's order; the others follow as they first appear, so that neither the names nor
    the order of rows with different times matter.

    Args:
        codes: Index into `names` a row, shape (n,).
        names: Ids of the interactions.
        table: Distinct ids of the table, or () without one.
        only_active: Leave out ids without interactions.
    """
    codes, old = renumber(codes, len(names))
    active = [names[code] for code in old]
    if only_active and table:
        there = set(active)
        table = [name for name in table if name in there]
    rows = {name: row for row, name in enumerate(table)}
    place = np.fromiter((rows.setdefault(name, len(rows)) for name in active), np.int32, len(active))
    return Vocabulary(tuple(rows)), place[codes]

"""What the tables of users and items say, put onto the data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.attributes import attributes, spread
from tastemaker.data.content import Entries, media, texts
from tastemaker.data.dataset import Dataset, Modality
from tastemaker.data.ids import Ids
from tastemaker.data.ready import from_file, from_lists
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources.tables import Tables
from tastemaker.data.table import Column
from tastemaker.data.vectors import FeatureSet
from tastemaker.data.vocabulary import table_ids

VECTOR = "_vector"


@dataclass(frozen=True)
class About:
    """One table of users or items, its rows as they stand in it.

    Attributes:
        ids: Ids of the rows; None without a table.
        attributes: Columns of the rows.
        titles: Display names of the rows.
        content: For each modality one tuple a row.
        vectors: List columns by name, one entry a row.
    """

    ids: Ids | None = None
    attributes: Mapping[str, Column] = field(default_factory=dict)
    titles: Sequence[str] = ()
    content: Mapping[Modality, Entries] = field(default_factory=dict)
    vectors: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Distinct ids."""
        return [] if self.ids is None else self.ids.names

    def rows_in(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """Where in `ids` the distinct ids of the table stand; those that are not there are left out."""
        place = {name: row for row, name in enumerate(ids)}
        return np.array([place[name] for name in self.names if name in place], np.int32)

    def _rows(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """Row of the data set of each row of the table; -1 none."""
        assert self.ids is not None
        place = {name: row for row, name in enumerate(ids)}
        lookup = np.array([*(place.get(name, -1) for name in self.ids.names), -1], np.int32)
        return lookup[self.ids.codes]

    def onto(self, data: Dataset, tables: Tables, ledger: Ledger) -> Dataset:
        """`data` with titles, content, attributes and vectors of its items."""
        ready: dict[str, Any] = {name: from_file(file, data.items, ledger) for name, file in tables.vectors.items()}
        if self.ids is None:
            return replace(data, vectors=ready)
        rows = self._rows(data.items.ids)
        for name, values in self.vectors.items():
            ready[name] = from_lists(values, rows, name + VECTOR, data.items, ledger)
        n = len(data.items)
        titles = _spread(self.titles, rows, n, "")
        return replace(
            data,
            titles=tuple(titles) if any(titles) else (),
            content={modality: _spread(entries, rows, n, ()) for modality, entries in self.content.items()},
            item_attributes=spread(dict(self.attributes), rows, n),
            vectors=_present(ready),
        )

    def onto_users(self, data: Dataset) -> Dataset:
        """`data` with attributes of its users."""
        if self.ids is None:
            return data
        return replace(data, user_attributes=spread(dict(self.attributes), self._rows(data.users.ids), len(data.users)))


def _present(ready: FeatureSet) -> FeatureSet:
    return {name: found for name, found in ready.items() if found.present.any()}


def _spread(values: Sequence[Any], rows: NDArray[np.int32], n: int, absent: Any) -> list[Any]:
    """One value for each of n items; rows with -1 are left out."""
    made = [absent] * n
    for value, row in zip(values, rows.tolist(), strict=True):
        if row >= 0:
            made[row] = value
    return made


def about_users(table: Any, roles: Mapping[str, str], settings: DataSettings, ledger: Ledger) -> About:
    """Ids and attributes of users."""
    ids = table_ids(table, roles["user_id"], "user_id", ledger)
    return About(ids, attributes(table, "users", {roles["user_id"]}, settings, ledger))


def about_items(tables: Tables, roles: Mapping[str, str], settings: DataSettings, ledger: Ledger) -> About:
    """Ids, titles, content, attributes and list columns of items."""
    table = tables.items
    ids = table_ids(table, roles["item_id"], "item_id", ledger)
    titles, text = texts(table, roles, ledger)
    content: dict[Modality, Entries] = {"text": text} if any(text) else {}
    content.update(media(table, roles, tables.root, ledger))
    lists = [name for name in table.column_names if name.endswith(VECTOR) and name != VECTOR]
    skip = {name for role, name in roles.items() if role != "category"} | set(lists)
    vectors = {name.removesuffix(VECTOR): table[name].to_pylist() for name in lists}
    return About(ids, attributes(table, "items", skip, settings, ledger), titles, content, vectors)

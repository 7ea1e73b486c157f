"""From tables to a cleaned data set and its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.about import About, about_items, about_users
from tastemaker.data.clean import clean
from tastemaker.data.columns import find_roles
from tastemaker.data.dataset import Dataset, Interactions
from tastemaker.data.order import renumber
from tastemaker.data.receipt import Counts, Ledger, Receipt
from tastemaker.data.rows import Rows, Understood, understand_rows
from tastemaker.data.settings import DataSettings
from tastemaker.data.shares import event_counts, ratings, shares, signs
from tastemaker.data.sources.tables import Tables
from tastemaker.data.twins import flag_twins
from tastemaker.data.vocabulary import number


@dataclass(frozen=True)
class Reading:
    """A source read and cleaned: the data set, and what was done to it."""

    data: Dataset
    receipt: Receipt


Columns = dict[str, dict[str, str]]


def build(tables: Tables, settings: DataSettings, ledger: Ledger) -> Reading:
    """Understand, clean and number what a source gave.

    Raises:
        DataError: a needed column is missing, or nothing is left.
        BadSetting: the settings name a column that is not there.
    """
    columns = _columns(tables, settings, ledger)
    found = understand_rows(tables.interactions, columns["interactions"], settings, ledger)
    rows = clean(found, settings, ledger)
    users = About() if tables.users is None else about_users(tables.users, columns["users"], settings, ledger)
    items = About() if tables.items is None else about_items(tables, columns["items"], settings, ledger)
    data = _dataset(tables, found, rows, (users, items), settings)
    data = items.onto(data, tables, ledger)
    data = users.onto_users(data)
    _tell_strangers(data, found, users, items, ledger)
    if settings.near_duplicates and (data.titles or "text" in data.content):
        flag_twins(data, ledger)
    ids = (len({*found.users, *users.names}), len({*found.items, *items.names}))
    before = Counts(int(tables.interactions.num_rows), *ids)
    return Reading(data, _receipt((tables, columns), found, before, data, ledger))


def _columns(tables: Tables, settings: DataSettings, ledger: Ledger) -> Columns:
    log = find_roles("interactions", tables.interactions.column_names, settings.columns, ledger)
    unused = [name for name in tables.interactions.column_names if name not in log.values()]
    ledger.add("columns of the interactions that have no use here", "ignored", len(unused), unused)
    columns = {"interactions": log}
    for name, table in (("items", tables.items), ("users", tables.users)):
        if table is not None:
            columns[name] = find_roles(name, table.column_names, settings.columns, ledger, also=log)
    return columns


def _dataset(
    tables: Tables, found: Understood, rows: Rows, about: tuple[About, About], settings: DataSettings
) -> Dataset:
    only = settings.core > 1
    users, user = number(rows.log.user, found.users, about[0].names, only_active=only)
    items, item = number(rows.log.item, found.items, about[1].names, only_active=only)
    session = renumber(rows.log.session, int(rows.log.session.max(initial=-1)) + 1)[0]
    log: Interactions = replace(rows.log, user=user, item=item, session=session)
    return Dataset(
        users,
        items,
        log,
        comments=rows.comments,
        split=None if rows.split is None else _names(found.parts)[rows.split],
        events=found.events.names,
        clock=found.clock,
        explicit=found.values.explicit,
        name=_name(tables.source),
        root=None if tables.root is None else tables.root.absolute(),
    )


def _names(parts: list[str]) -> NDArray[np.object_]:
    made = np.empty(len(parts), object)
    made[:] = parts
    return made


def _name(source: str) -> str:
    path = Path(source)
    return (path.resolve() if path.is_dir() else path).name.split(".")[0] or "data"


def _tell_strangers(data: Dataset, found: Understood, users: About, items: About, ledger: Ledger) -> None:
    for what, about, ids, column in (
        ("users", users, data.users.ids, data.interactions.user),
        ("items", items, data.items.ids, data.interactions.item),
    ):
        if about.ids is None:
            continue
        active = np.bincount(column, minlength=len(ids)) > 0
        table = np.zeros(len(ids), bool)
        table[about.rows_in(ids)] = True
        for rule, mask in (
            (f"{what} of the table without interactions (kept)", table & ~active),
            (f"{what} with interactions that the table does not have (kept)", active & ~table),
        ):
            ledger.add(rule, "noted", int(mask.sum()), (ids[row] for row in np.flatnonzero(mask)[:5]))


def _receipt(
    source: tuple[Tables, Columns], found: Understood, before: Counts, data: Dataset, ledger: Ledger
) -> Receipt:
    tables, columns = source
    known = data.interactions.time[data.interactions.time >= 0]
    kinds: Mapping[str, Any] = {"users": data.user_attributes, "items": data.item_attributes}
    return Receipt(
        source=tables.source,
        kind=tables.kind,
        columns=columns,
        before=before,
        after=Counts(len(data.interactions), len(data.users), len(data.items)),
        signs=signs(data),
        rules=tuple(ledger.rules.values()),
        shares=shares(data),
        attributes={whose: {name: column.kind for name, column in table.items()} for whose, table in kinds.items()},
        clock=data.clock,
        first=int(known.min()) if len(known) else -1,
        last=int(known.max()) if len(known) else -1,
        events=event_counts(data, found.events),
        ratings=ratings(data),
    )

"""What a transaction does: counters, rows that replace others, events that count once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from tastemaker.storage.base import Event, Item, User
from tastemaker.storage.rows import item_row, user_row
from tastemaker.storage.schema import COUNTERS, EVENTS, ITEMS, USERS

AT_ONCE = 500  # names of one question


def count(connection: Connection, tenant: str, name: str, n: int) -> int:
    """Raise a counter by `n` and give its value before; other writers of the tenant wait until this one ends."""
    insert = _insert(connection, COUNTERS).values(tenant=tenant, name=name, value=n)
    grown = insert.on_conflict_do_update(
        index_elements=["tenant", "name"], set_={"value": COUNTERS.c.value + insert.excluded.value}
    ).returning(COUNTERS.c.value)
    return int(connection.execute(grown).scalar_one()) - n


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those with the same primary key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    insert = _insert(connection, table)
    others = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=others), list(rows))


def put_items(connection: Connection, tenant: str, items: Sequence[Item]) -> None:
    """Each with a revision of its own; of the same id the last counts."""
    last = list({item.id: item for item in items}.values())
    first = count(connection, tenant, "revision", len(last)) + 1
    put(connection, ITEMS, [item_row(tenant, item, first + n) for n, item in enumerate(last)])


def put_users(connection: Connection, tenant: str, users: Sequence[User]) -> None:
    """As `put_items`."""
    last = list({user.id: user for user in users}.values())
    first = count(connection, tenant, "revision", len(last)) + 1
    put(connection, USERS, [user_row(tenant, user, first + n) for n, user in enumerate(last)])


def append(connection: Connection, tenant: str, events: Sequence[Event]) -> list[bool]:
    """Insert those whose id is new, and the users and items that they name; whether each was new."""
    if not events:
        return []
    number = count(connection, tenant, "event", len(events)) + 1
    known = existing(connection, EVENTS, tenant, [event.id for event in events if event.id])
    new: list[bool] = []
    rows: list[dict[str, Any]] = []
    for event in events:
        fresh = not event.id or event.id not in known
        new.append(fresh)
        if fresh:
            known.add(event.id)
            rows.append(_event_row(tenant, event, number + len(rows)))
    if rows:
        connection.execute(EVENTS.insert(), rows)
        _meet(connection, tenant, rows)
    return new


def existing(connection: Connection, table: Table, tenant: str, names: Sequence[str]) -> set[str]:
    """Which of the ids are there."""
    question = select(table.c.id).where(table.c.tenant == tenant, table.c.id.in_(bindparam("names", expanding=True)))
    found: set[str] = set()
    for some in _parts(list(dict.fromkeys(names))):
        found |= set(connection.execute(question, {"names": some}).scalars())
    return found


def _meet(connection: Connection, tenant: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make users and items that were never heard of; a deleted item stays deleted."""
    now = time.time()
    users = [row["user"] for row in rows]
    strange = set(users) - existing(connection, USERS, tenant, users)
    if strange:
        put_users(connection, tenant, [User(name, created=now) for name in sorted(strange)])
    items = [row["item"] for row in rows]
    strange = set(items) - existing(connection, ITEMS, tenant, items)
    if strange:
        put_items(connection, tenant, [Item(name, created=now) for name in sorted(strange)])


def _event_row(tenant: str, event: Event, number: int) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "number": number,
        "id": event.id or uuid4().hex,
        "user": event.user,
        "item": event.item,
        "kind": event.kind,
        "value": event.value,
        "time": event.time,
        "session": event.session,
        "request": event.request,
        "comment": event.comment,
    }


def _parts(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _insert(connection: Connection, table: Table) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)

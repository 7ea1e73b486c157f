"""Events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice
from math import isfinite
from operator import attrgetter
from secrets import token_hex
from typing import Any

from sqlalchemy import delete, func, select

from tastemaker.core.errors import DataError
from tastemaker.storage import catalogue
from tastemaker.storage.base import Event, Happened
from tastemaker.storage.database import Session
from tastemaker.storage.schema import events

Group = tuple[str, Sequence[Happened]]
_ORDER = ("user", "item", "kind", "value", "time", "id", "session", "request", "comment", "number")
COLUMNS = [events.c[name] for name in _ORDER]  # as the fields of `Event`
_VALUES = attrgetter(*[column.name for column in events.columns if column.name not in ("number", "tenant")])


def append(session: Session, groups: Sequence[Group]) -> list[list[bool]]:
    """Store events of several tenants, each once by its id, with their unknown users and items.

    Args:
        session: One that writes.
        groups: Tenant and events.

    Returns:
        For each group whether each of its events is new.
    """
    of: dict[str, list[Happened]] = {}
    for tenant, given in groups:
        of.setdefault(tenant, []).extend(given)
    new = {tenant: iter(_append(session, tenant, given)) for tenant, given in of.items()}
    return [list(islice(new[tenant], len(given))) for tenant, given in groups]


def _append(session: Session, tenant: str, given: Sequence[Happened]) -> list[bool]:
    for event in given:
        if not (event.user and event.item and isfinite(event.value) and isfinite(event.time)):
            raise _wrong(event)
        if "\0" in event.user or "\0" in event.item:  # ends a text in C, and so in places of both data bases
            raise DataError(f"An event of user {event.user!r} with item {event.item!r} has a NUL character in an id.")
    known = session.there(events, tenant, {event.id for event in given if event.id})
    new, rows = [], []
    made = f"{time.time_ns():016x}{token_hex(8)}"  # ids in order of time keep their index in few pages
    for place, (name, *rest) in enumerate(map(_VALUES, given)):
        own = name or f"{made}{place:04x}"
        new.append(own not in known)
        if new[-1]:
            known.add(own)
            rows.append((tenant, own, *rest))
    catalogue.meet(session, tenant, ([row[2] for row in rows], [row[3] for row in rows]))
    session.insert(events, rows, skip=1)
    return new


def _wrong(event: Happened) -> DataError:
    if not (event.user and event.item):
        return DataError(f"An event needs a user and an item; got user {event.user!r} and item {event.item!r}.")
    return DataError(
        f"An event of user {event.user!r} has value {event.value!r} and time {event.time!r}; expected numbers."
    )


def after(session: Session, tenant: str, number: int, limit: int) -> list[Event]:
    """In order of arrival, behind the event of that number."""
    mine = (events.c.tenant == tenant) & (events.c.number > number)
    return [Event(*row) for row in session.rows(select(*COLUMNS).where(mine).order_by(events.c.number).limit(limit))]


def of_item(session: Session, tenant: str, item: str, limit: int) -> list[Event]:
    """The latest with an item, in order of arrival."""
    mine = select(*COLUMNS).where(events.c.tenant == tenant, events.c.item == item)
    return [Event(*row) for row in session.rows(mine.order_by(events.c.number.desc()).limit(limit))][::-1]


def take_item(session: Session, tenant: str, item: str) -> int:
    """Delete what users did with an item; how many there were."""
    return session.run(delete(events).where(events.c.tenant == tenant, events.c.item == item)).rowcount


def last(session: Session, tenant: str) -> int:
    """Number of the latest event, 0 without any."""
    return int(session.run(select(func.max(events.c.number)).where(events.c.tenant == tenant)).scalar() or 0)


def take_back(session: Session, tenant: str, pair: tuple[str, str], kind: str | None) -> int:
    """Delete what a user did with an item, of one kind or all; how many there were."""
    mine: Any = (events.c.tenant == tenant) & (events.c.user == pair[0]) & (events.c.item == pair[1])
    if kind is not None:
        mine &= events.c.kind == kind
    return session.run(delete(events).where(mine)).rowcount

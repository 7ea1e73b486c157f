"""One tenant's part of a store in SQL."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from tastemaker.core import DataError
from tastemaker.data import Dataset
from tastemaker.storage.base import Event, Item, Shown, User, Version
from tastemaker.storage.link import Link
from tastemaker.storage.rows import (
    EVENT,
    dumped,
    event_of,
    item_of,
    shown_of,
    shown_row,
    user_of,
    version_of,
    version_row,
)
from tastemaker.storage.schema import EVENTS, ITEMS, NOTES, ONCE, SHOWN, USERS, VERSIONS
from tastemaker.storage.writing import append, put, put_items, put_users

DAY = 86_400.0  # seconds that idempotency keys are kept
_EVENT = [EVENTS.c[name] for name in EVENT]
_HISTORY = (
    select(*_EVENT)
    .where(EVENTS.c.tenant == bindparam("tenant"), EVENTS.c.user == bindparam("user"))
    .order_by(EVENTS.c.number.desc())
    .limit(bindparam("most"))
)
_USER = select(USERS).where(USERS.c.tenant == bindparam("tenant"), USERS.c.id == bindparam("name"))


class SqlShop:
    """Behind `Shop`; see there."""

    def __init__(self, link: Link, tenant: str, media: Path | None = None) -> None:
        self.link, self.tenant, self.media = link, tenant, media

    def put_items(self, items: Sequence[Item]) -> None:
        """Create or replace."""
        with self.link.write() as connection:
            put_items(connection, self.tenant, items)

    def item(self, name: str) -> Item | None:
        """One item."""
        question = select(ITEMS).where(ITEMS.c.tenant == self.tenant, ITEMS.c.id == name, ~ITEMS.c.deleted)
        with self.link.read() as connection:
            row = connection.execute(question).first()
        return None if row is None else item_of(row)

    def items(self, after: str = "", limit: int = 100) -> list[Item]:
        """By id."""
        question = select(ITEMS).where(ITEMS.c.tenant == self.tenant, ITEMS.c.id > after, ~ITEMS.c.deleted)
        with self.link.read() as connection:
            return [item_of(row) for row in connection.execute(question.order_by(ITEMS.c.id).limit(limit))]

    def changed_items(self, revision: int, limit: int = 10_000) -> list[Item]:
        """By revision."""
        question = select(ITEMS).where(ITEMS.c.tenant == self.tenant, ITEMS.c.revision > revision)
        with self.link.read() as connection:
            return [item_of(row) for row in connection.execute(question.order_by(ITEMS.c.revision).limit(limit))]

    def delete_item(self, name: str) -> bool:
        """Keep its name alone, so that all workers learn of it."""
        found = self.item(name)
        if found is not None:
            self.put_items([Item(name, created=found.created, deleted=True)])
        return found is not None

    def put_users(self, users: Sequence[User]) -> None:
        """Create or replace."""
        with self.link.write() as connection:
            put_users(connection, self.tenant, users)

    def user(self, name: str) -> User | None:
        """One user."""
        with self.link.read() as connection:
            row = connection.execute(_USER, {"tenant": self.tenant, "name": name}).first()
        return None if row is None else user_of(row)

    def users(self, after: str = "", limit: int = 100) -> list[User]:
        """By id."""
        question = select(USERS).where(USERS.c.tenant == self.tenant, USERS.c.id > after)
        with self.link.read() as connection:
            return [user_of(row) for row in connection.execute(question.order_by(USERS.c.id).limit(limit))]

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Each once."""
        with self.link.write() as connection:
            return append(connection, self.tenant, events)

    def history(self, user: str, limit: int = 200) -> list[Event]:
        """The latest, oldest first."""
        asked = {"tenant": self.tenant, "user": user, "most": limit}
        with self.link.read() as connection:
            return [event_of(row) for row in connection.execute(_HISTORY, asked)][::-1]

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """In order of arrival."""
        question = select(*_EVENT).where(EVENTS.c.tenant == self.tenant, EVENTS.c.number > after)
        with self.link.read() as connection:
            return [event_of(row) for row in connection.execute(question.order_by(EVENTS.c.number).limit(limit))]

    def last_event(self) -> int:
        """Its number."""
        with self.link.read() as connection:
            question = select(func.max(EVENTS.c.number)).where(EVENTS.c.tenant == self.tenant)
            return int(connection.execute(question).scalar() or 0)

    def delete_events(self, user: str, item: str, kind: str | None = None) -> int:
        """Take back."""
        gone = delete(EVENTS).where(EVENTS.c.tenant == self.tenant, EVENTS.c.user == user, EVENTS.c.item == item)
        with self.link.write() as connection:
            return connection.execute(gone if kind is None else gone.where(EVENTS.c.kind == kind)).rowcount

    def show(self, shown: Sequence[Shown]) -> None:
        """Keep lists."""
        with self.link.write() as connection:
            put(connection, SHOWN, [shown_row(self.tenant, one) for one in shown])

    def shown(self, since: float = 0.0, limit: int = 100_000) -> list[Shown]:
        """Oldest first."""
        question = select(SHOWN).where(SHOWN.c.tenant == self.tenant, SHOWN.c.time >= since)
        with self.link.read() as connection:
            return [shown_of(row) for row in connection.execute(question.order_by(SHOWN.c.time).limit(limit))]

    def snapshot(self, until: float | None = None) -> Dataset:
        """Everything as a `Dataset`."""
        from tastemaker.storage.snapshot import snapshot

        return snapshot(self, until)

    def export(self, user: str) -> dict[str, Any]:
        """All that is kept of a user."""
        from tastemaker.storage.rights import export

        return export(self, user)

    def forget(self, user: str) -> int:
        """Erase a user."""
        from tastemaker.storage.rights import forget

        return forget(self, user)

    def retain(self, before: float) -> int:
        """Erase what is old."""
        with self.link.write() as connection:
            gone = [
                connection.execute(delete(table).where(table.c.tenant == self.tenant, table.c.time < before)).rowcount
                for table in (EVENTS, SHOWN, ONCE)
            ]
        return sum(gone)

    def put_version(self, version: Version) -> None:
        """Create or replace; one is live."""
        with self.link.write() as connection:
            if version.state == "live":
                others = VERSIONS.update().where(VERSIONS.c.tenant == self.tenant, VERSIONS.c.state == "live")
                connection.execute(others.values(state="retired"))
            put(connection, VERSIONS, [version_row(self.tenant, version)])

    def versions(self) -> list[Version]:
        """Oldest first."""
        question = select(VERSIONS).where(VERSIONS.c.tenant == self.tenant).order_by(VERSIONS.c.name)
        with self.link.read() as connection:
            return [version_of(row) for row in connection.execute(question)]

    def once(self, key: str, body: str, answer: str | None = None) -> str | None:
        """The answer kept under `key`."""
        mine = (ONCE.c.tenant == self.tenant) & (ONCE.c.key == key)
        with self.link.read() as connection:
            row = connection.execute(select(ONCE).where(mine)).first()
        if row is not None and row.body != body:
            raise DataError(f"The idempotency key {key.split()[-1]!r} was used with another body. Take a new one.")
        if row is not None or answer is None:
            return None if row is None else str(row.answer)
        with self.link.write() as connection:
            now = time.time()
            connection.execute(delete(ONCE).where(ONCE.c.tenant == self.tenant, ONCE.c.time < now - DAY))
            kept = {"tenant": self.tenant, "key": key, "body": body, "answer": answer, "time": now}
            put(connection, ONCE, [kept])
        return None

    def note(self, name: str, value: Any = None) -> Any:
        """A small JSON value."""
        if value is not None:
            with self.link.write() as connection:
                put(connection, NOTES, [{"tenant": self.tenant, "name": name, "body": dumped(value)}])
            return value
        with self.link.read() as connection:
            question = select(NOTES.c.body).where(NOTES.c.tenant == self.tenant, NOTES.c.name == name)
            said = connection.execute(question).scalar()
        return None if said is None else json.loads(said)

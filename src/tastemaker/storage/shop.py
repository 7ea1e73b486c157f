"""One tenant's part of a data base."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tastemaker.data import Dataset
from tastemaker.data.settings import DataSettings
from tastemaker.storage import catalogue, erase, lists, log
from tastemaker.storage.asked import Asked
from tastemaker.storage.base import Deed, Event, Happened, Item, Shown, User, Version
from tastemaker.storage.database import Database
from tastemaker.storage.snapshot import POSITIVE, snapshot


class SqlShop:
    """`Shop` in SQL.

    Args:
        database: Where.
        asked: Of that data base.
        tenant: Whose.
        media: The folder that his items' files are relative to, or None.
    """

    def __init__(self, database: Database, asked: Asked, tenant: str, media: Path | None) -> None:
        self.database, self.tenant, self.media = database, tenant, media
        self._asked = asked

    def put_items(self, items: Sequence[Item]) -> None:
        """Create or replace."""
        with self.database.writing() as session:
            catalogue.put_items(session, self.tenant, items)

    def item(self, name: str) -> Item | None:
        """One item; None where it is unknown or deleted."""
        with self.database.reading() as session:
            return catalogue.item(session, self.tenant, name)

    def items(self, after: str = "", limit: int = 100) -> list[Item]:
        """By id, ascending, behind `after`."""
        with self.database.reading() as session:
            return catalogue.list_items(session, self.tenant, after, limit)

    def changed_items(self, revision: int, limit: int = 10_000) -> list[Item]:
        """Those with a larger revision, ascending, deleted ones among them."""
        return self._asked.changed_items(self.tenant, revision, limit)

    def delete_item(self, name: str, events: bool = False) -> bool:
        """Whether it was there; `events` true deletes what users did with it too."""
        with self.database.writing() as session:
            if events:
                log.take_item(session, self.tenant, name)
            return catalogue.delete_item(session, self.tenant, name)

    def put_users(self, users: Sequence[User]) -> None:
        """Create or replace."""
        with self.database.writing() as session:
            catalogue.put_users(session, self.tenant, users)

    def user(self, name: str) -> User | None:
        """One user."""
        return self._asked.user(self.tenant, name)

    def users(self, after: str = "", limit: int = 100) -> list[User]:
        """By id, ascending, behind `after`."""
        with self.database.reading() as session:
            return catalogue.list_users(session, self.tenant, after, limit)

    def append(self, events: Sequence[Happened]) -> list[bool]:
        """Store each once by its id, and its unknown users and items; whether each is new."""
        with self.database.writing() as session:
            return log.append(session, [(self.tenant, events)])[0]

    def history(self, user: str, limit: int = 200) -> list[Event]:
        """The latest `limit` by (time, arrival), oldest first."""
        return self._asked.history(self.tenant, user, limit)

    def deeds(self, user: str, limit: int = 200) -> list[Deed]:
        """The same as `history`, without what a list does not need."""
        return self._asked.deeds(self.tenant, user, limit)

    def mark(self, user: str, limit: int = 200) -> tuple[int, int] | None:
        """What differs whenever `deeds` does, at a fraction of the cost; None where he has `limit` events or more."""
        return self._asked.mark(self.tenant, user, limit)

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """Of all users, in order of arrival, behind the event of that number."""
        with self.database.reading() as session:
            return log.after(session, self.tenant, after, limit)

    def events_with(self, item: str, limit: int = 1000) -> list[Event]:
        """The latest `limit` with an item, in order of arrival."""
        with self.database.reading() as session:
            return log.of_item(session, self.tenant, item, limit)

    def latest(self, after: int, limit: int = 10_000) -> list[tuple[int, Deed]]:
        """The same as `events`, each with its number, without what a list does not need."""
        return self._asked.latest(self.tenant, after, limit)

    def last_event(self) -> int:
        """Number of the latest event, 0 without any."""
        with self.database.reading() as session:
            return log.last(session, self.tenant)

    def delete_events(self, user: str, item: str, kind: str | None = None) -> int:
        """Take back; how many there were."""
        with self.database.writing() as session:
            return log.take_back(session, self.tenant, (user, item), kind)

    def show(self, shown: Sequence[Shown]) -> None:
        """Keep lists that were given out."""
        with self.database.writing() as session:
            lists.show(session, self.tenant, erase.standing(session, self.tenant, shown))

    def shown(self, since: float = 0.0, limit: int = 100_000) -> list[Shown]:
        """Lists given out, oldest first."""
        with self.database.reading() as session:
            return lists.given_out(session, self.tenant, since, limit)

    def snapshot(self, until: float | None = None, settings: DataSettings | None = None) -> Dataset:
        """Everything as a `Dataset`, events before `until` in order of (time, arrival); without users who object.

        Args:
            until: Seconds since 1970; None takes all events.
            settings: Weights of events and what becomes of repeated ones; None takes the defaults, with ratings
                positive from where they are in what was seeded.
        """
        settings = settings or DataSettings(positive_from=self.note(POSITIVE))
        with self.database.reading() as session:
            return snapshot(session, self.tenant, self.media, until, settings)

    def export(self, user: str) -> dict[str, Any]:
        """All that is kept of a user, as plain JSON values: "user", "events", "shown"."""
        with self.database.reading() as session:
            return erase.export(session, self.tenant, user)

    def forget(self, user: str) -> int:
        """Erase a user and all he did; how many rows went. His id is afterwards nowhere in the store's files."""
        with self.database.writing() as session:
            gone = erase.forget(session, self.tenant, user, time.time())
        self.database.scrub([user])
        return gone

    def retain(self, before: float) -> int:
        """Erase events and shown lists older than `before`; how many rows went."""
        with self.database.writing() as session:
            gone = erase.retain(session, self.tenant, before)
        self.database.scrub()
        return gone

    def put_version(self, version: Version) -> None:
        """Create or replace one; making it live retires the one that was, in the same transaction."""
        with self.database.writing() as session:
            lists.put_version(session, self.tenant, version)

    def versions(self) -> list[Version]:
        """Oldest first."""
        with self.database.reading() as session:
            return lists.list_versions(session, self.tenant)

    def once(self, key: str, body: str, answer: str | None = None) -> str | None:
        """The answer kept under `key` for a day, else None, keeping `answer` where it is given."""
        if answer is None:
            with self.database.reading() as session:
                return lists.answered(session, self.tenant, key, body)
        with self.database.writing() as session:
            return lists.answer(session, self.tenant, key, (body, answer))

    def note(self, name: str, value: Any = None) -> Any:
        """A small JSON value kept under `name`: the one given, or the one that is there (None without)."""
        if value is None:
            with self.database.reading() as session:
                return lists.note(session, self.tenant, name)
        with self.database.writing() as session:
            lists.put_note(session, self.tenant, name, value)
        return value

    def renew(self, name: str, made: Callable[[Any], Any]) -> Any:
        """The note that is made from the one that is there (None without), while nobody else writes."""
        with self.database.writing() as session:
            value = made(lists.note(session, self.tenant, name))
            lists.put_note(session, self.tenant, name, value)
        return value

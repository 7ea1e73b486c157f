"""What a store is asked, and the rows that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from tastemaker.data import Dataset
from tastemaker.data.settings import DataSettings
from tastemaker.storage.rows import Attribute, Deed, Event, Happened, Item, Shown, User, Version

__all__ = ["Attribute", "Deed", "Event", "Happened", "Item", "Shop", "Shown", "Store", "User", "Version"]


class Shop(Protocol):
    """What one tenant has in a store. Every write is durable when it returns, whole or not at all.

    All methods raise `ServiceError` where the data base does not answer, and go on once it does; `DataError` where
    something cannot be stored.

    Attributes:
        tenant: Whose.
        media: The folder that items' files are relative to, or None.
    """

    tenant: str
    media: Path | None

    def put_items(self, items: Sequence[Item]) -> None:
        """Create or replace; `created` 0 keeps the time that is known, else it is now."""
        ...

    def item(self, name: str) -> Item | None:
        """One item; None where it is unknown or deleted."""
        ...

    def items(self, after: str = "", limit: int = 100) -> list[Item]:
        """By id, ascending, behind `after`."""
        ...

    def changed_items(self, revision: int, limit: int = 10_000) -> list[Item]:
        """Those with a larger revision, ascending, deleted ones among them."""
        ...

    def delete_item(self, name: str, events: bool = False) -> bool:
        """Whether it was there; `events` true deletes what users did with it too."""
        ...

    def put_users(self, users: Sequence[User]) -> None:
        """Create or replace."""
        ...

    def user(self, name: str) -> User | None:
        """One user."""
        ...

    def users(self, after: str = "", limit: int = 100) -> list[User]:
        """By id, ascending, behind `after`."""
        ...

    def append(self, events: Sequence[Happened]) -> list[bool]:
        """Store each once by its id, and its unknown users and items; whether each is new."""
        ...

    def history(self, user: str, limit: int = 200) -> list[Event]:
        """The latest `limit` by (time, arrival), oldest first."""
        ...

    def deeds(self, user: str, limit: int = 200) -> list[Deed]:
        """The same as `history`, without what a list does not need."""
        ...

    def mark(self, user: str, limit: int = 200) -> tuple[int, int] | None:
        """What differs whenever `deeds` does, at a fraction of the cost; None where he has `limit` events or more."""
        ...

    def events(self, after: int = 0, limit: int = 1000) -> list[Event]:
        """Of all users, in order of arrival, behind the event of that number."""
        ...

    def events_with(self, item: str, limit: int = 1000) -> list[Event]:
        """The latest `limit` with an item, in order of arrival."""
        ...

    def latest(self, after: int, limit: int = 10_000) -> list[tuple[int, Deed]]:
        """The same as `events`, each with its number, without what a list does not need."""
        ...

    def last_event(self) -> int:
        """Number of the latest event, 0 without any."""
        ...

    def delete_events(self, user: str, item: str, kind: str | None = None) -> int:
        """Take back; how many there were."""
        ...

    def show(self, shown: Sequence[Shown]) -> None:
        """Keep lists that were given out."""
        ...

    def shown(self, since: float = 0.0, limit: int = 100_000) -> list[Shown]:
        """Lists given out, oldest first."""
        ...

    def snapshot(self, until: float | None = None, settings: DataSettings | None = None) -> Dataset:
        """Everything as a `Dataset`, events before `until` in order of (time, arrival); without users who object.

        Args:
            until: Seconds since 1970; None takes all events.
            settings: Weights of events and what becomes of repeated ones; None takes the defaults.

        Raises:
            DataError: There are no events.
        """
        ...

    def export(self, user: str) -> dict[str, Any]:
        """All that is kept of a user, as plain JSON values."""
        ...

    def forget(self, user: str) -> int:
        """Erase a user and all he did; how many rows went. His id is afterwards nowhere in the store's files."""
        ...

    def retain(self, before: float) -> int:
        """Erase events, shown lists and kept answers older than `before`; how many rows went."""
        ...

    def put_version(self, version: Version) -> None:
        """Create or replace one; making it live retires the one that was, in the same transaction."""
        ...

    def versions(self) -> list[Version]:
        """Oldest first."""
        ...

    def once(self, key: str, body: str, answer: str | None = None) -> str | None:
        """Idempotency: the answer kept under `key` for a day, else None, keeping `answer` where it is given.

        Raises:
            DataError: `key` was used with another `body` (a hash).
        """
        ...

    def note(self, name: str, value: Any = None) -> Any:
        """A small JSON value kept under `name`: the one given, or the one that is there (None without)."""
        ...

    def renew(self, name: str, made: Callable[[Any], Any]) -> Any:
        """The note that is made from the one that is there (None without), while nobody else writes."""
        ...


class Store(Protocol):
    """A data base with several tenants."""

    url: str

    def shop(self, tenant: str = "default", media: Path | None = None) -> Shop:
        """One tenant's part; made when it is first written to. Its items' files lie under `media`."""
        ...

    def append(self, groups: Sequence[tuple[str, Sequence[Happened]]]) -> list[list[bool]]:
        """`Shop.append` for several (tenant, events) in one transaction."""
        ...

    def put_key(self, digest: str, tenant: str, scopes: Sequence[str], label: str = "") -> None:
        """Keep a key by its hash; no scopes take away one of that tenant."""
        ...

    def key(self, digest: str) -> tuple[str, tuple[str, ...]] | None:
        """Tenant and scopes of a key's hash."""
        ...

    def check(self) -> None:
        """Raise `ServiceError` where the data base does not answer or cannot write."""
        ...

    def backup(self, path: Path) -> None:
        """Write a whole copy, without media files, while others go on."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

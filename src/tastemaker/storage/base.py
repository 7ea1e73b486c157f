"""What a store keeps, and what it is asked. Rows are frozen; times are seconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tastemaker.data import Dataset
from tastemaker.data.dataset import Modality
from tastemaker.data.settings import DataSettings

Attribute = str | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Item:
    """One item as the shop describes it.

    Attributes:
        id: The shop's own.
        title: For people.
        texts: What is read beside the title.
        media: Files by modality, relative to the tenant's media folder.
        attributes: What filters, boosts and caps speak of: text, number, truth, or several texts.
        hidden: Never listed, but kept.
        stock: How many are left; 0 is never listed, None is not counted.
        expires: When it ceases to be listed; None never.
        created: When it came.
        revision: The store's own count of changes, larger after every change.
        deleted: Gone; kept so that every worker learns of it.
    """

    id: str
    title: str = ""
    texts: tuple[str, ...] = ()
    media: Mapping[Modality, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    hidden: bool = False
    stock: int | None = None
    expires: float | None = None
    created: float = 0.0
    revision: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """One user.

    Attributes:
        id: The shop's own.
        attributes: Such as age, gender, place.
        profiling: False: what he did is kept for his own lists alone, and nothing is learned from it.
        created: When he came.
        revision: As of `Item`.
    """

    id: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    profiling: bool = True
    created: float = 0.0
    revision: int = 0


Deed = tuple[str, str, float, float, str]  # item, kind, value, time and session of an event


@dataclass(frozen=True, slots=True)
class Event:
    """Something a user did with an item.

    Attributes:
        user: Who; an unknown one is created.
        item: With what; an unknown one is created.
        kind: Such as "click" or "purchase"; see ``data.events.canonical``. "" where the shop tells none.
        value: A rating, seconds of dwelling, or 1.
        time: When.
        id: Makes it count once; "" lets the store make one.
        session: The visit, "" none.
        request: The list that it answers, "" none.
        comment: What he wrote.
        number: The store's own count of events, ascending in order of arrival; 0 before it is stored.
    """

    user: str
    item: str
    kind: str = ""
    value: float = 1.0
    time: float = 0.0
    id: str = ""
    session: str = ""
    request: str = ""
    comment: str = ""
    number: int = 0

    @property
    def deed(self) -> Deed:
        """The part of it that lists are made from."""
        return self.item, self.kind, self.value, self.time, self.session


@dataclass(frozen=True, slots=True)
class Shown:
    """A list that was given out: what outcomes are joined to, and policies are judged by.

    Attributes:
        request: Its id.
        user: For whom; "" an unknown visitor.
        time: When.
        model: Version of the model.
        scenario: Place in the shop, "" the default one.
        arms: Arm by experiment.
        items: Best first.
        scores: Beside them.
        propensities: Probability of each item at its place, given the policy; 1 without exploration.
        sources: Which stage brought each.
    """

    request: str
    user: str
    time: float
    model: str
    scenario: str
    arms: Mapping[str, str]
    items: tuple[str, ...]
    scores: tuple[float, ...]
    propensities: tuple[float, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A saved model of a tenant.

    Attributes:
        name: Such as ``v0007``; ascending.
        folder: Where it lies.
        created: When.
        state: "candidate", "live", "retired" or "rejected"; at most one is live.
        figures: What was measured, and why it was promoted or not.
    """

    name: str
    folder: Path
    created: float
    state: str
    figures: Mapping[str, Any]


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

    def delete_item(self, name: str) -> bool:
        """Whether it was there."""
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

    def append(self, events: Sequence[Event]) -> list[bool]:
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


class Store(Protocol):
    """A data base with several tenants."""

    url: str

    def shop(self, tenant: str = "default", media: Path | None = None) -> Shop:
        """One tenant's part; made when it is first written to. Its items' files lie under `media`."""
        ...

    def append(self, groups: Sequence[tuple[str, Sequence[Event]]]) -> list[list[bool]]:
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

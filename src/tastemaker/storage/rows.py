"""Rows of a store: frozen; times are seconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tastemaker.data.dataset import Modality

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


class Happened(Protocol):
    """What a store takes as an event: anything that says the same as `Event`."""

    @property
    def user(self) -> str:
        """Who."""
        ...

    @property
    def item(self) -> str:
        """With what."""
        ...

    @property
    def kind(self) -> str:
        """Such as "click"."""
        ...

    @property
    def value(self) -> float:
        """A rating, seconds, or 1."""
        ...

    @property
    def time(self) -> float:
        """When."""
        ...

    @property
    def id(self) -> str:
        """Makes it count once, where there is one."""
        ...

    @property
    def session(self) -> str:
        """The visit."""
        ...

    @property
    def request(self) -> str:
        """The list that it answers."""
        ...

    @property
    def comment(self) -> str:
        """What he wrote."""
        ...


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

"""Bodies of requests, checked; and rows as JSON."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from tastemaker.data.paths import inside
from tastemaker.storage.base import Event, Item, User

Id = Annotated[str, MinLen(1), MaxLen(256)]
Word = Annotated[str, MaxLen(1000)]
Value = Annotated[float, Ge(-1e12), Le(1e12)] | bool | Word | Annotated[list[Word], MaxLen(200)]
Attributes = Annotated[dict[Annotated[str, MinLen(1), MaxLen(64)], Value], MaxLen(100)]
Seconds = Annotated[float, Ge(0), Le(1e11)]


def own_file(name: str) -> str:
    """A file in the tenant's folder; raises `DataError` for one that is not."""
    inside(Path(), name)
    return name


File = Annotated[str, MinLen(1), MaxLen(1000), AfterValidator(own_file)]
Media = Annotated[dict[Literal["image", "audio", "video"], Annotated[list[File], MaxLen(20)]], MaxLen(3)]


def seconds(said: Any) -> Any:
    """Seconds since 1970 from a number, or from a date and time as of ISO 8601 (UTC where it names no zone)."""
    if not isinstance(said, str):
        return said
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError("expected seconds since 1970, or a time such as 2026-11-24T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Body(BaseModel):
    """Unknown fields are refused: a misspelt one would be lost in silence."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ItemBody(Body):
    """An item. Of `media`, paths are relative to the tenant's folder; files are uploaded by an address of their own."""

    id: Id
    title: Annotated[str, MaxLen(1000)] = ""
    texts: Annotated[list[Annotated[str, MaxLen(100_000)]], MaxLen(20)] = Field(default_factory=list)
    media: Media = Field(default_factory=dict)
    attributes: Attributes = Field(default_factory=dict)
    hidden: bool = False
    stock: Annotated[int, Ge(0), Le(10**12)] | None = None
    expires: Seconds | None = None

    _moment = field_validator("expires", mode="before")(seconds)

    def item(self, known: Item | None) -> Item:
        """As the store keeps it; one that is known came when it came."""
        return Item(
            id=self.id,
            title=self.title,
            texts=tuple(self.texts),
            media={name: tuple(files) for name, files in self.media.items()},
            attributes=dict(self.attributes),
            hidden=self.hidden,
            stock=self.stock,
            expires=self.expires,
            created=time.time() if known is None else known.created,
        )


class ItemChange(Body):
    """Fields of an item that change; those left out stay."""

    title: Annotated[str, MaxLen(1000)] | None = None
    texts: Annotated[list[Annotated[str, MaxLen(100_000)]], MaxLen(20)] | None = None
    media: Media | None = None
    attributes: Attributes | None = None
    hidden: bool | None = None
    stock: Annotated[int, Ge(0), Le(10**12)] | None = None
    expires: Seconds | None = None

    _moment = field_validator("expires", mode="before")(seconds)


class UserBody(Body):
    """A user; `profiling` false keeps what he does out of everything that is learned, until it is set to true."""

    id: Id
    attributes: Attributes = Field(default_factory=dict)
    profiling: bool | None = None

    def user(self, known: User | None) -> User:
        """As the store keeps it; where nothing is said of profiling it stays as it is known."""
        before = known or User(self.id, created=time.time())
        profiling = before.profiling if self.profiling is None else self.profiling
        return User(self.id, dict(self.attributes), profiling, before.created)


class EventBody(Body):
    """Something a user did; unknown users and items are made."""

    user: Id
    item: Id
    kind: Annotated[str, MaxLen(64)] = ""
    value: Annotated[float, Ge(-1e9), Le(1e9)] = 1.0
    time: Seconds | None = None
    id: Annotated[str, MaxLen(128)] = ""
    session: Annotated[str, MaxLen(128)] = ""
    request: Annotated[str, MaxLen(64)] = ""
    comment: Annotated[str, MaxLen(10_000)] = ""

    _moment = field_validator("time", mode="before")(seconds)

    def event(self, now: float) -> Event:
        """As the store keeps it."""
        at = now if self.time is None else self.time
        return Event(self.user, self.item, self.kind, self.value, at, self.id, self.session, self.request, self.comment)


class SimilarBody(Body):
    """What is like an item, or like a user."""

    item: Annotated[str, MaxLen(256)] = ""
    user: Annotated[str, MaxLen(256)] = ""
    k: Annotated[int, Ge(1), Le(200)] = 10
    filter: Annotated[str, MaxLen(2000)] = ""


class TogetherBody(Body):
    """What goes with an item."""

    item: Id
    k: Annotated[int, Ge(1), Le(200)] = 10
    filter: Annotated[str, MaxLen(2000)] = ""


class SearchBody(Body):
    """Items by words."""

    text: Annotated[str, MinLen(1), MaxLen(10_000)]
    k: Annotated[int, Ge(1), Le(200)] = 10
    filter: Annotated[str, MaxLen(2000)] = ""


class RateBody(Body):
    """Ratings to predict."""

    user: Id
    items: Annotated[list[Id], MinLen(1), MaxLen(1000)]


class KeyBody(Body):
    """A new key."""

    scopes: Annotated[list[Literal["read", "write", "admin"]], MinLen(1), MaxLen(3)]
    tenant: Annotated[str, MinLen(1), MaxLen(64), Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")] = "default"
    label: Annotated[str, MaxLen(100)] = ""


def plain(row: Item | User | Event) -> dict[str, Any]:
    """A row as JSON values."""
    said = asdict(row)
    for inner in ("revision", "deleted", "number"):
        said.pop(inner, None)
    return said

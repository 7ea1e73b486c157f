"""The tables. Every one of a tenant's has the tenant in its key; a change here needs a step in `migrations`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself in SQLite


def _text(name: str, **more: Any) -> Column[Any]:
    return Column(name, Text, nullable=False, **more)


def _number(name: str) -> Column[Any]:
    return Column(name, Double, nullable=False)


def _key(*names: str) -> list[Column[Any]]:
    return [_text(name, primary_key=True) for name in names]


items = Table(
    "items",
    metadata,
    *_key("tenant", "id"),
    _text("title"),
    _text("texts"),
    _text("media"),
    _text("attributes"),
    Column("hidden", Boolean, nullable=False),
    Column("stock", BigInteger),
    Column("expires", Double),
    _number("created"),
    Column("revision", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("items_by_revision", "tenant", "revision"),
)

users = Table(
    "users",
    metadata,
    *_key("tenant", "id"),
    _text("attributes"),
    Column("profiling", Boolean, nullable=False),
    _number("created"),
    Column("revision", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    _text("tenant"),
    _text("id"),
    _text("user"),
    _text("item"),
    _text("kind"),
    _number("value"),
    _number("time"),
    _text("session"),
    _text("request"),
    _text("comment"),
    UniqueConstraint("tenant", "id"),
    Index("events_by_user", "tenant", "user", "time", "number"),
    Index("events_by_time", "tenant", "time"),
    Index("events_by_number", "tenant", "number"),
    Index("events_by_item", "tenant", "item", "number"),
    sqlite_autoincrement=True,  # numbers of erased events are never given again
)

shown = Table(
    "shown",
    metadata,
    *_key("tenant", "request"),
    _text("user"),
    _number("time"),
    _text("model"),
    _text("scenario"),
    _text("arms"),
    _text("items"),
    _text("scores"),
    _text("propensities"),
    _text("sources"),
    Index("shown_by_time", "tenant", "time"),
    Index("shown_by_user", "tenant", "user", "time"),
)

keys = Table("keys", metadata, *_key("digest"), _text("tenant"), _text("scopes"), _text("label", server_default=""))

versions = Table(
    "versions",
    metadata,
    *_key("tenant", "name"),
    _text("folder"),
    _number("created"),
    _text("state"),
    _text("figures"),
)

once = Table(
    "once",
    metadata,
    *_key("tenant", "key"),
    _text("body"),
    _text("answer"),
    _number("time"),
    Index("once_by_time", "time"),
)

notes = Table("notes", metadata, *_key("tenant", "name"), _text("value"))

counters = Table("counters", metadata, *_key("tenant", "name"), Column("value", BigInteger, nullable=False))

erasures = Table("erasures", metadata, *_key("tenant", "digest"), _number("time"))

about = Table("about", metadata, *_key("name"), _text("value"))

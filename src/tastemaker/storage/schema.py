"""The tables, and how an older data base becomes a newer one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)

from tastemaker.core import SavedError

VERSION = 1
META = MetaData()

ABOUT = Table("about", META, Column("version", Integer, nullable=False))

COUNTERS = Table(
    "counters",
    META,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

ITEMS = Table(
    "items",
    META,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("items_by_revision", "tenant", "revision"),
)

USERS = Table(
    "users",
    META,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("attributes", Text, nullable=False),
    Column("profiling", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

EVENTS = Table(
    "events",
    META,
    Column("tenant", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("time", Float, nullable=False),
    Column("session", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Index("events_by_id", "tenant", "id", unique=True),
    Index("events_by_user", "tenant", "user", "number"),
)

SHOWN = Table(
    "shown",
    META,
    Column("tenant", Text, primary_key=True),
    Column("request", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("time", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("shown_by_time", "tenant", "time"),
    Index("shown_by_user", "tenant", "user"),
)

VERSIONS = Table(
    "versions",
    META,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("figures", Text, nullable=False),
)

NOTES = Table(
    "notes",
    META,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

ONCE = Table(
    "once",
    META,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("time", Float, nullable=False),
)

ERASED = Table(
    "erased",
    META,
    Column("tenant", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("time", Float, nullable=False),
)

KEYS = Table(
    "keys",
    META,
    Column("digest", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Text, nullable=False),
)

STEPS: Mapping[int, Callable[[Connection], None]] = {}
"""How a data base of version n becomes one of n + 1; each runs in the transaction that raises the number."""


def migrate(connection: Connection, steps: Mapping[int, Callable[[Connection], None]] = STEPS) -> None:
    """Make or renew the tables; raises `SavedError` where a newer version has made them."""
    if not inspect(connection).has_table("about"):
        META.create_all(connection)
        connection.execute(ABOUT.insert().values(version=VERSION + len(steps) - len(STEPS)))
        return
    found = int(connection.execute(select(ABOUT.c.version)).scalar_one())
    newest = max([VERSION, *(n + 1 for n in steps)])
    if found > newest:
        raise SavedError(f"The data base has version {found}; this tastemaker knows {newest}. Install a newer one.")
    for version in range(found, newest):
        steps[version](connection)
        connection.execute(ABOUT.update().values(version=version + 1))

"""Whole copies of a store, and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from tastemaker.core import DataError
from tastemaker.storage.rights import erased_again
from tastemaker.storage.schema import ABOUT, ERASED, META, USERS
from tastemaker.storage.sql import SqlStore
from tastemaker.storage.writing import put

CHUNK = 5000


def backup(store: SqlStore, path: Path) -> None:
    """Write a SQLite file with everything, while others go on; raises `DataError` where `path` is taken."""
    import sqlite3

    if path.exists():
        raise DataError(f"{path} is there already; a backup never replaces a file. Choose another name.")
    if not store.link.sqlite:
        copy = SqlStore(f"sqlite:///{path}")
        _copy(store, copy)
        copy.close()
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source, target = sqlite3.connect(str(store.link.path)), sqlite3.connect(path)
    path.chmod(0o600)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()


def restore(path: Path, store: SqlStore) -> list[str]:
    """Put everything of a backup into `store`, in place of what has the same ids.

    Users who were erased from `store` after the backup was made are erased again; who they were is the answer.
    """
    if not path.is_file():
        raise DataError(f"There is no backup {path}.")
    old = SqlStore(f"sqlite:///{path}")
    _copy(old, store)
    old.close()
    gone = []
    for tenant, users in _users(store).items():
        shop = store.shop(tenant)
        for user in erased_again(shop, users):
            shop.forget(user)
            gone.append(user)
    return gone


def _copy(source: SqlStore, target: SqlStore) -> None:
    with source.link.read() as reader, target.link.write() as writer:
        for table in META.sorted_tables:
            if table.name != ABOUT.name:
                _copy_table(reader, writer, table)


def _copy_table(reader: Connection, writer: Connection, table: Any) -> None:
    rows = reader.execution_options(yield_per=CHUNK).execute(select(table)).mappings()
    for part in rows.partitions(CHUNK):
        fresh = [dict(row) for row in part]
        if table.name == "notes":  # the salt of erasures stays the target's
            there = {(row.tenant, row.name) for row in writer.execute(select(table.c.tenant, table.c.name))}
            fresh = [row for row in fresh if row["name"] != "erasure_salt" or (row["tenant"], row["name"]) not in there]
        if table.name != ERASED.name or not there_are(writer):
            put(writer, table, fresh)


def there_are(writer: Connection) -> bool:
    """Whether erasures are kept already, under a salt of their own."""
    return writer.execute(select(ERASED.c.mark).limit(1)).first() is not None


def _users(store: SqlStore) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with store.link.read() as connection:
        for tenant, name in connection.execute(select(USERS.c.tenant, USERS.c.id)):
            found.setdefault(tenant, []).append(name)
    return found

"""A whole store in one SQLite file, and back; who was erased since does not come back."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from tastemaker.core.errors import DataError, SavedError
from tastemaker.storage import catalogue, erase
from tastemaker.storage.base import Item
from tastemaker.storage.copying import copy_tables
from tastemaker.storage.database import Database, Session
from tastemaker.storage.migrations import migrate
from tastemaker.storage.schema import about, counters, erasures, events, items, metadata, shown, users
from tastemaker.storage.sqlite import Sqlite

if TYPE_CHECKING:
    from tastemaker.storage.store import SqlStore

TAKEN = "taken"
_KEPT = (about, erasures, counters)  # of the store that a backup comes into
_Erased = dict[tuple[str, str], float]  # when, by tenant and what is remembered


def write_backup(database: Database, path: Path) -> None:
    """Write everything but media files into a file that only this user can read, whole or not at all."""
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = time.time()
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
        made = Path(folder) / path.name
        database.copy_to(made)
        with closing(Sqlite(made)) as copy:
            with copy.writing() as session:
                session.run(delete(about).where(about.c.name == TAKEN))
                session.insert(about, [(TAKEN, repr(taken))])
            copy.one_file()
        os.replace(made, path)


def restore(path: Path, store: SqlStore) -> int:
    """Put a backup in place of all that a store has, in one transaction.

    Users that were erased after the backup was made stay erased, as far as the store, or the backup, remembers.
    Workers learn of it as of any other change: items get new revisions, and those that are no more are deleted.

    Args:
        path: What `write_backup` wrote, of this or an older version.
        store: Where to.

    Returns:
        How many users were erased again.

    Raises:
        DataError: There is no such file.
        SavedError: It is no backup, or of a newer version.
    """
    with _opened(path) as backup:
        with backup.reading() as source, store.database.writing() as session:
            taken = source.run(select(about.c.value).where(about.c.name == TAKEN)).scalar()
            if taken is None:
                raise SavedError(f"{path} is no backup; name a file that was written as one.")
            _replace(source, session)
            again = _erase_again(source, session, float(taken))
        store.database.scrub(again)
    return len(again)


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """A copy of a backup, brought up to date."""
    if not path.is_file():
        raise DataError(f"There is no backup {path}.")
    with tempfile.TemporaryDirectory(prefix="tastemaker-") as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(path, copy)
        with closing(Sqlite(copy)) as backup:
            migrate(backup)
            yield backup


def _replace(source: Session, session: Session) -> None:
    before = {(tenant, name) for tenant, name in session.rows(select(items.c.tenant, items.c.id))}
    last = {(tenant, name): value for tenant, name, value in session.rows(select(counters))}
    copy_tables(source, session, [table for table in metadata.sorted_tables if table not in _KEPT])
    counted = {(tenant, name): value for tenant, name, value in source.rows(select(counters))}
    session.run(delete(counters))
    both = {**last, **counted}
    session.insert(counters, [(*key, last.get(key, 0) + counted.get(key, 0)) for key in both])
    for (tenant, name), value in last.items():
        table = metadata.tables[name]
        session.run(update(table).where(table.c.tenant == tenant).values(revision=table.c.revision + value))
    now = {(tenant, name) for tenant, name in session.rows(select(items.c.tenant, items.c.id))}
    for tenant in {tenant for tenant, _ in before - now}:
        gone = [Item(name, deleted=True) for owner, name in before - now if owner == tenant]
        catalogue.put_items(session, tenant, gone)


def _erase_again(source: Session, session: Session, taken: float) -> list[str]:
    """Erase whom one of both remembers as erased after the backup was made."""
    known: _Erased = {}
    for tenant, digest, when in [*source.rows(select(erasures)), *session.rows(select(erasures))]:
        known[tenant, digest] = max(when, known.get((tenant, digest), 0.0))
    session.run(delete(erasures))
    session.insert(erasures, [(*key, when) for key, when in known.items()])
    later = {key: when for key, when in known.items() if when > taken}
    salts = {erase.salt_of(digest) for _, digest in later}
    again = []
    for tenant, user in _everyone(session) if later else ():
        times = [later.get((tenant, erase.digest(salt, tenant, user)), 0.0) for salt in salts]
        if any(times):
            erase.forget(session, tenant, user, max(times))
            again.append(user)
    return again


def _everyone(session: Session) -> set[tuple[str, str]]:
    columns = ((users, users.c.id), (events, events.c.user), (shown, shown.c.user))
    asked = [select(table.c.tenant, column).distinct() for table, column in columns]
    return {(tenant, user) for each in asked for tenant, user in session.rows(each)}

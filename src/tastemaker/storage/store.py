"""`Store` in SQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete, select

from tastemaker.core.errors import DataError
from tastemaker.storage import log
from tastemaker.storage.asked import Asked
from tastemaker.storage.backup import write_backup
from tastemaker.storage.base import Happened
from tastemaker.storage.compact import dumps, loads
from tastemaker.storage.database import Database
from tastemaker.storage.migrations import migrate
from tastemaker.storage.schema import about, keys
from tastemaker.storage.shop import SqlShop

CHECKED = "checked"


class SqlStore:
    """A data base with several tenants; its tables are made or brought up to date.

    Args:
        database: Where.
        url: As it was asked for.
    """

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url
        migrate(database)
        self._asked = Asked(database)

    def shop(self, tenant: str = "default", media: Path | None = None) -> SqlShop:
        """One tenant's part; made when it is first written to. Its items' files lie under `media`."""
        if not tenant or tenant in (".", "..") or set(tenant) & set("/\\\0"):
            raise DataError(f"A tenant cannot be called {tenant!r}; expected a name without slashes.")
        return SqlShop(self.database, self._asked, tenant, None if media is None else media.absolute())

    def append(self, groups: Sequence[tuple[str, Sequence[Happened]]]) -> list[list[bool]]:
        """`Shop.append` for several (tenant, events) in one transaction."""
        with self.database.writing() as session:
            return log.append(session, groups)

    def put_key(self, digest: str, tenant: str, scopes: Sequence[str], label: str = "") -> None:
        """Keep a key by its hash; no scopes take away one of that tenant."""
        with self.database.writing() as session:
            session.run(delete(keys).where(keys.c.digest == digest, keys.c.tenant == tenant))
            session.insert(keys, [(digest, tenant, dumps(list(scopes)), label)] if scopes else [])

    def key(self, digest: str) -> tuple[str, tuple[str, ...]] | None:
        """Tenant and scopes of a key's hash."""
        with self.database.reading() as session:
            found = session.run(select(keys.c.tenant, keys.c.scopes).where(keys.c.digest == digest)).first()
        return None if found is None else (found.tenant, tuple(loads(found.scopes)))

    def check(self) -> None:
        """Raise `ServiceError` where the data base does not answer or cannot write."""
        with self.database.writing() as session:
            session.run(delete(about).where(about.c.name == CHECKED))
            session.insert(about, [(CHECKED, str(time.time()))])

    def backup(self, path: Path) -> None:
        """Write a whole copy, without media files, while others go on."""
        write_backup(self.database, path)

    def close(self) -> None:
        """Let go of connections."""
        self.database.close()

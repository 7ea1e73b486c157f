"""A store in SQL: the same statements for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select, text

from tastemaker.core import ServiceError
from tastemaker.storage.link import Link
from tastemaker.storage.schema import ABOUT, KEYS, migrate
from tastemaker.storage.shop import SqlShop


class SqlStore:
    """Behind `Store`; see there."""

    def __init__(self, url: str) -> None:
        self.link = Link(url)
        self.url = self.link.url.render_as_string(hide_password=True)
        with self.link.write() as connection:
            migrate(connection)

    def shop(self, tenant: str = "default", media: Path | None = None) -> SqlShop:
        """One tenant's part."""
        return SqlShop(self.link, tenant, media)

    def put_key(self, digest: str, tenant: str, scopes: Sequence[str], label: str = "") -> None:
        """Keep a key by its hash; no scopes take away one of that tenant."""
        with self.link.write() as connection:
            connection.execute(KEYS.delete().where(KEYS.c.digest == digest, KEYS.c.tenant == tenant))
            if scopes:
                row = {"digest": digest, "tenant": tenant, "scopes": json.dumps(list(scopes)), "label": label}
                connection.execute(KEYS.insert().values(row))

    def key(self, digest: str) -> tuple[str, tuple[str, ...]] | None:
        """Tenant and scopes."""
        with self.link.read() as connection:
            row = connection.execute(select(KEYS.c.tenant, KEYS.c.scopes).where(KEYS.c.digest == digest)).first()
        return None if row is None else (row.tenant, tuple(json.loads(row.scopes)))

    def check(self) -> None:
        """Read, and write what stands there already."""
        with self.link.write() as connection:
            connection.execute(ABOUT.update().values(version=ABOUT.c.version))

    def backup(self, path: Path) -> None:
        """A whole copy as a SQLite file."""
        from tastemaker.storage.backup import backup

        backup(self, path)

    def close(self) -> None:
        """Let go of connections; SQLite's log goes into its file."""
        if self.link.sqlite:
            try:
                with self.link.alone() as connection:
                    connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            except ServiceError:
                pass  # another process reads: its own end does it
        self.link.close()

"""`open_store`: from a URL to a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.core.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from tastemaker.storage.database import Database
    from tastemaker.storage.store import SqlStore

FORMS = "sqlite:///path/store.db or postgresql://user:password@host/database"


def open_store(url: str) -> SqlStore:
    """Open a store, making its tables where there are none.

    Args:
        url: ``sqlite:///relative/store.db``, ``sqlite:////absolute/store.db`` or ``postgresql://...``.

    Raises:
        BadSetting: The URL is of no known form.
        MissingExtra: SQLAlchemy or psycopg is not installed.
        ServiceError: The data base does not answer, or is not there.
        SavedError: Its tables are of a newer version.
    """
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise MissingExtra("sqlalchemy", "serve") from error
    try:
        made = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadSetting(f"{url!r} names no store; expected {FORMS}.") from error
    from tastemaker.storage.store import SqlStore

    database = _database(made)
    try:
        return SqlStore(database, url)
    except BaseException:
        database.close()
        raise


def _database(url: Any) -> Database:
    kind = url.get_backend_name()
    if kind == "sqlite":
        return _sqlite(url)
    if kind in ("postgresql", "postgres"):
        return _postgres(url.set(drivername="postgresql+psycopg"))
    raise BadSetting(f"There is no store of the kind {kind!r}; expected {FORMS}.")


def _sqlite(url: Any) -> Database:
    from tastemaker.storage.sqlite import Sqlite

    if not url.database or url.database == ":memory:" or url.host or url.query:
        raise BadSetting(
            f"{url} names no file: what users do must outlive the process. Expected sqlite:///path/store.db, or "
            "sqlite:////path/store.db for an absolute path."
        )
    return Sqlite(Path(url.database).expanduser())


def _postgres(url: Any) -> Database:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise MissingExtra("psycopg", "postgres") from error
    from tastemaker.storage.postgres import Postgres

    return Postgres(url)

"""Connections: one writer, several readers, and what goes wrong told as ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tastemaker.core import BadSetting, MissingExtra, ServiceError

READERS = 16
PATIENCE = 10.0  # seconds that a lock, or a free connection, is waited for
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={int(PATIENCE * 1000)}",
    "secure_delete=ON",
    "journal_size_limit=67108864",
    "cache_size=-32768",
    "temp_store=MEMORY",
)


class Link:
    """A data base by its URL.

    Args:
        url: ``sqlite:///store.db`` or ``postgresql://user:password@host/name``.

    Attributes:
        sqlite: Whether it is SQLite.
        path: Its file, None elsewhere.

    Raises:
        BadSetting: the URL is none of those.
        MissingExtra: the driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = _understood(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(str(self.url.database)).absolute() if self.sqlite else None
        if self.path is not None:
            _own(self.path)
        self._readers = self._engine(pool_size=READERS, isolation_level="AUTOCOMMIT")
        self._writers = self._engine(pool_size=1 if self.sqlite else 4)
        self._lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that only reads; each statement sees what is committed then."""
        with told(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it or nothing. In SQLite one at a time; others wait."""
        with told(), self._turn(), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what cannot be in one; no transaction runs meanwhile in SQLite."""
        with told(), self._turn(), self._readers.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._readers.dispose()
        self._writers.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        with self._lock:
            yield

    def _engine(self, **more: Any) -> Engine:
        options: dict[str, Any] = {"pool_timeout": PATIENCE, "max_overflow": 0, **more}
        if self.sqlite:
            options["connect_args"] = {"check_same_thread": False, "timeout": PATIENCE}
        else:
            options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
        engine = create_engine(self.url, **options)
        if self.sqlite:
            event.listen(engine, "connect", _prepare)
            if "isolation_level" not in more:
                event.listen(engine, "begin", _begin)
        return engine


def _understood(url: str) -> URL:
    known = "Expected sqlite:///path/store.db or postgresql://user@host/name."
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise BadSetting(f"{_shown(url)!r} is no URL of a data base. {known}") from error
    if made.get_backend_name() == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    elif made.get_backend_name() != "sqlite" or made.database in {None, "", ":memory:"}:
        raise BadSetting(f"{_shown(url)!r} is no data base that can be used. {known}")
    try:
        made.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError) as error:
        raise MissingExtra("psycopg", "postgres") from error
    return made


def _shown(url: str) -> str:
    """Without a password."""
    head, sign, tail = url.rpartition("@")
    return f"{head.split('//')[0]}//...{sign}{tail}" if sign else url


def _own(path: Path) -> None:
    """A file that its owner alone may read, in a folder that is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise BadSetting(f"The data base {path} cannot be opened ({error.strerror}). Choose another place.") from error


def _prepare(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def told() -> Iterator[None]:
    """What a data base says, as a `ServiceError`; without the values of the statement."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        said = " ".join(str(getattr(error, "orig", None) or "no free connection").split())
        if "full" in said:
            raise ServiceError(f"The disk of the data base is full ({said}); make room, nothing was stored.") from error
        raise ServiceError(f"The data base does not answer ({said[:200]}). Try again soon.") from error

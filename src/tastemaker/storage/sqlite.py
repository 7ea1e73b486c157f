"""SQLite: one file, readers that never wait for the writer, and nothing lost or left behind."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Engine, Table, create_engine, event, func
from sqlalchemy.pool import QueuePool

from tastemaker.core.errors import ServiceError
from tastemaker.storage.compact import dumps
from tastemaker.storage.database import BUSY, Database, Row
from tastemaker.storage.moving import Mover

READERS = 8
PATIENCE = 2.0  # seconds that an erasure waits for those who move pages or read
KNOWN = 200_000  # ids of all tables and tenants that are remembered
TOGETHER = (512, 256, 128, 64, 32, 16, 8, 4, 2, 1)  # rows of one statement
_SETTINGS = (
    "page_size = 2048",  # of a new file: an event changes a page of its user's, which is written as a whole
    "journal_mode = WAL",
    "synchronous = FULL",
    f"busy_timeout = {int(BUSY * 1000)}",
    "secure_delete = ON",  # what is deleted is overwritten
    "wal_autocheckpoint = 65536",  # pages: what the mover left
    "journal_size_limit = 67108864",
    "mmap_size = 67108864",  # more is counted as memory of the process, and no faster
    "temp_store = MEMORY",
)
_READING = ("query_only = ON", "cache_size = -2048")  # KiB: much of what is read lies in mapped pages
_WRITING = ("cache_size = -65536",)


class Sqlite(Database):
    """One file.

    Args:
        path: Where; made with its folder, both for this user alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        _make(self.path)
        self._idle: list[sqlite3.Connection] = []
        self._mover = Mover(lambda: _connect(self.path))
        self._as_of: tuple[Any, int | None] = (None, None)
        super().__init__(
            f"SQLite data base {path}",
            _engine(self.path, READERS, "BEGIN", *_READING),
            _engine(self.path, 1, "BEGIN IMMEDIATE", *_WRITING),
        )

    def rows(self, text: str, values: Mapping[str, Any]) -> list[Row]:
        """By a connection of its own that was idle: half the time of one of the pool."""
        with self.told():
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _connect(self.path, *_READING)
            found = connection.execute(text, values).fetchall()
        self._idle.append(connection)
        return found

    def written(self) -> None:
        """Its pages are moved soon."""
        self._mover.committed()

    def close(self) -> None:
        """Let go of connections."""
        self._mover.close()
        super().close()
        while self._idle:
            self._idle.pop().close()

    def alone(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE did it."""

    def known(self, connection: Connection, table: Table, tenant: str) -> set[str]:
        """As long as nobody else has written: what this connection did itself is known."""
        own = connection.connection.dbapi_connection
        now = (own, connection.exec_driver_sql("PRAGMA data_version").scalar())
        if now != self._as_of:
            self._as_of = now
            self.doubt()
        if sum(map(len, self._known.values())) > KNOWN:
            self.doubt()
        return self._known.setdefault((table.name, tenant), set())

    def listed(self, values: BindParameter[Any]) -> ColumnElement[str]:
        """By a JSON list."""
        return func.json_each(values).table_valued("value").c.value

    def packed(self, values: Sequence[str]) -> str:
        """A JSON list."""
        return dumps(values)

    def insert(self, connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
        """By statements of many rows: after each one waits for other threads of Python, not after every row."""
        rest = list(rows)
        cursor = connection.connection.cursor()
        for many in TOGETHER:
            statement = _insertion(table.name, tuple(names), many)
            while len(rest) >= many:
                cursor.execute(statement, tuple(chain.from_iterable(rest[:many])))
                del rest[:many]
        cursor.close()

    def numbered(self, connection: Connection) -> None:
        """AUTOINCREMENT goes on by itself."""

    def scrub(self, names: Sequence[str] = ()) -> None:
        """Empty the log; what was deleted was overwritten then.

        Copies that were left where a page was split stay: where a name is still found the file is written anew.
        """
        with self.told(), self._lock, closing(self._writers.raw_connection()) as connection:
            cursor = connection.cursor()
            self._empty_log(cursor)
            if self._holds(names):
                for statement in ("PRAGMA temp_store = FILE", "VACUUM", "PRAGMA temp_store = MEMORY"):
                    cursor.execute(statement)
                self._empty_log(cursor)
            cursor.close()

    def _empty_log(self, cursor: Any) -> None:
        until = time.monotonic() + PATIENCE
        while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # somebody moves pages, or reads
            if time.monotonic() > until:
                raise ServiceError(f"{self.where}: erased, but a reader holds on to its log; ask once more.")
            time.sleep(0.02)

    def _holds(self, names: Sequence[str]) -> bool:
        with self.path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            return any(content.find(name.encode()) >= 0 for name in names)

    def copy_to(self, path: Path) -> None:
        """By the online backup of SQLite."""
        _make(path)
        with self.told(), closing(_connect(self.path)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)

    def one_file(self) -> None:
        """Leave nothing beside the file, which nobody else may use."""
        self._mover.close()
        with self.told(), closing(self._writers.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = DELETE")


@cache
def _insertion(table: str, names: tuple[str, ...], many: int) -> str:
    columns, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    return f'INSERT INTO "{table}" ({columns}) VALUES ' + ", ".join([f"({places})"] * many)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ServiceError(f"SQLite data base {path}: it cannot be opened ({error}); look at the path.") from error


def _connect(path: Path, *more: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        for setting in (*_SETTINGS, *more):
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _engine(path: Path, size: int, begin: str, *more: str) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, *more),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0 if size == 1 else 64,
        pool_timeout=BUSY,
        paramstyle="named",
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine

"""One SQLite file that may be lost, shared or damaged without harm."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Say = Callable[[str], None]

FORMAT = 2  # of the tables; files of another format are made anew
WAIT = 60.0  # seconds that one process waits for another
PAGE = 16384  # bytes; vectors of 384 to 2048 numbers fit well
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Shelf:
    """A connection for all threads of this process; other processes may use the file at the same time.

    A damaged file is deleted and made anew; where the folder cannot be written, the shelf lives in memory and
    is gone after the run. Either is said in one line, neither stops anything.

    Args:
        path: The file.
        schema: The statement that makes its table.
        say: Takes a line when something is wrong with the file.
    """

    def __init__(self, path: Path, schema: str, say: Say) -> None:
        self.path = path
        self._schema, self._say = schema, say
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` in one transaction; once more on a fresh file where this one turns out to be damaged."""
        with self._lock:
            try:
                return self._once(work)
            except (sqlite3.Error, OSError) as error:
                self._renew(error)
                return self._once(work)

    def close(self) -> None:
        """Let go of the file; the next `run` opens it again."""
        with self._lock:
            self._shut()

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._base = self._base or self._open()
        with self._base as base:
            return work(base)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        base = _connect(str(self.path))
        try:
            _prepare(base, self._schema)
        except sqlite3.Error:
            base.close()
            raise
        return base

    def _renew(self, error: Exception) -> None:
        self._shut()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            self._say(f"note: the cache {self.path} is damaged ({error}); it is made anew")
            try:
                self._delete()
            except OSError as refused:
                error = refused
            else:
                return
        self._say(f"note: the cache {self.path} cannot be used ({error}); this run keeps nothing there")
        self._base = _connect(":memory:")
        _prepare(self._base, self._schema)

    def _delete(self) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)

    def _shut(self) -> None:
        if self._base is not None:
            self._base.close()
            self._base = None


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT, check_same_thread=False)


def _prepare(base: sqlite3.Connection, schema: str) -> None:
    """Make the table where it is not there yet; a table of another format is dropped."""
    base.execute(f"PRAGMA page_size={PAGE}")
    base.execute("PRAGMA journal_mode=WAL")  # a killed writer leaves what was committed whole
    base.execute("PRAGMA synchronous=NORMAL")
    if base.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
        return
    with base:
        base.execute("BEGIN IMMEDIATE")
        if base.execute("PRAGMA user_version").fetchone()[0] != FORMAT:  # nobody was faster
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                base.execute(f'DROP TABLE "{name}"')
            base.execute(schema)
            base.execute(f"PRAGMA user_version={FORMAT}")

"""Vectors that were made once: one SQLite file an encoder, safe to kill and to share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import fingerprints
from tastemaker.core.places import home

Say = Callable[[str], None]
VECTORS = "CREATE TABLE IF NOT EXISTS vectors (content TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
FILES = """CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, inode INTEGER,
    content TEXT NOT NULL) WITHOUT ROWID"""
Stamp = tuple[int, int, int]


class FeatureCache:
    """Vectors by encoder fingerprint and content hash.

    Args:
        folder: Where the files lie; None takes the user's cache folder.
        say: Takes a line when a damaged file is set aside.
    """

    def __init__(self, folder: Path | None = None, say: Say | None = None) -> None:
        self.folder = folder or home() / "features"
        self._say = say or (lambda line: None)

    def get(self, fingerprint: str, contents: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are there, by content hash."""
        wanted = set(contents)
        with closing(self._open(self._path(fingerprint), VECTORS)) as base:
            rows = base.execute("SELECT content, vector FROM vectors")
            return {
                content: np.frombuffer(vector, np.float32) for content, vector in rows if content in wanted
            }

    def put(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; they are on disk when this returns."""
        rows = [(content, np.ascontiguousarray(v, np.float32).tobytes()) for content, v in vectors.items()]
        with closing(self._open(self._path(fingerprint), VECTORS)) as base, base:
            base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def hashes(self, files: Mapping[str, Stamp]) -> dict[str, str]:
        """Content hashes of the files whose size, date and inode are as they were."""
        with closing(self._open(self.folder / "files.sqlite", FILES)) as base:
            rows = base.execute("SELECT path, size, mtime, inode, content FROM files")
            return {path: content for path, *stamp, content in rows if files.get(path) == tuple(stamp)}

    def remember(self, found: Mapping[str, tuple[Stamp, str]]) -> None:
        """Keep content hashes of files with their size, date and inode."""
        rows = [(path, *stamp, content) for path, (stamp, content) in found.items()]
        with closing(self._open(self.folder / "files.sqlite", FILES)) as base, base:
            base.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)

    def _path(self, fingerprint: str) -> Path:
        return self.folder / f"{fingerprints.of_bytes(fingerprint.encode())[:32]}.sqlite"

    def _open(self, path: Path, schema: str) -> sqlite3.Connection:
        """A connection; a damaged file is set aside and begun anew."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect(path, schema)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked or no space: not damaged
                raise
            self._say(f"note: the cache {path.name} is damaged ({error}) and is made anew")
            for part in path.parent.glob(f"{path.name}*"):
                part.unlink(missing_ok=True)
            return _connect(path, schema)


def _connect(path: Path, schema: str) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=60)
    try:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute(schema)
        base.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base

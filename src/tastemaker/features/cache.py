"""Vectors that were made once: one SQLite file an encoder, safe to kill, to share and to delete."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import fingerprints
from tastemaker.core.places import home
from tastemaker.features.shelf import Say, Shelf

VECTORS = "CREATE TABLE vectors (key BLOB PRIMARY KEY, sum INTEGER NOT NULL, vector BLOB NOT NULL)"
FILES = "CREATE TABLE files (key TEXT PRIMARY KEY, stamp TEXT NOT NULL, content BLOB NOT NULL)"
ASKED = 500  # keys in one statement
Stamp = tuple[int, ...]  # size, time of change in ns and inode of a file: equal stamps, equal content


class FeatureCache:
    """Vectors by encoder fingerprint and content hash, and content hashes by a file's size, dates and inode.

    Args:
        folder: Where the files lie; None takes the user's cache folder.
        say: Takes a line when a file is damaged or cannot be written.
    """

    def __init__(self, folder: Path | None = None, say: Say | None = None) -> None:
        self.folder = folder or home() / "features"
        self._say = say or (lambda line: None)
        self._shelves: dict[str, Shelf] = {}

    def get(self, fingerprint: str, contents: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are there, by content hash; a row that does not match its checksum is not there."""
        keys = {bytes.fromhex(content): content for content in contents}
        rows = self._vectors(fingerprint).run(lambda base: _pick(base, "vectors", keys))
        return {keys[key]: np.frombuffer(blob, np.float32) for key, total, blob in rows if _whole(total, blob)}

    def put(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; they are in the file when this returns, whatever happens to the process."""
        blobs = [(bytes.fromhex(key), np.ascontiguousarray(v, "<f4").tobytes()) for key, v in vectors.items()]
        rows = [(key, crc32(blob), blob) for key, blob in blobs]
        sql = "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)"
        self._vectors(fingerprint).run(lambda base: base.executemany(sql, rows))

    def hashes(self, files: Mapping[str, Stamp]) -> dict[str, str]:
        """Content hashes of the files whose stamp is as it was."""
        rows = self._files().run(lambda base: _pick(base, "files", files))
        return {path: content.hex() for path, stamp, content in rows if stamp == _text(files[path])}

    def remember(self, found: Mapping[str, tuple[Stamp, str]]) -> None:
        """Keep content hashes of files with their stamps."""
        rows = [(path, _text(stamp), bytes.fromhex(content)) for path, (stamp, content) in found.items()]
        sql = "INSERT OR REPLACE INTO files VALUES (?, ?, ?)"
        self._files().run(lambda base: base.executemany(sql, rows))

    def close(self) -> None:
        """Let go of the files; the cache may be used again afterwards."""
        for shelf in self._shelves.values():
            shelf.close()

    def _vectors(self, fingerprint: str) -> Shelf:
        return self._shelf(fingerprints.of_bytes(fingerprint.encode())[:32], VECTORS)

    def _files(self) -> Shelf:
        return self._shelf("files", FILES)

    def _shelf(self, name: str, schema: str) -> Shelf:
        if name not in self._shelves:
            self._shelves[name] = Shelf(self.folder / f"{name}.sqlite", schema, self._say)
        return self._shelves[name]


def _pick(base: sqlite3.Connection, table: str, keys: Mapping[Any, Any]) -> list[tuple[Any, Any, Any]]:
    """Rows of `table` whose key is among `keys`; one sweep is faster than asking for most of the rows."""
    last = base.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0
    if len(keys) * 4 > last:
        return [row for row in base.execute(f"SELECT * FROM {table}") if row[0] in keys]
    found: list[tuple[Any, Any, Any]] = []
    for part in _parts(list(keys)):
        marks = ",".join("?" * len(part))
        found += base.execute(f"SELECT * FROM {table} WHERE key IN ({marks})", part).fetchall()
    return found


def _parts(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), ASKED):
        yield keys[start : start + ASKED]


def _whole(total: Any, blob: Any) -> bool:
    return isinstance(blob, bytes) and len(blob) > 0 and len(blob) % 4 == 0 and crc32(blob) == total


def _text(stamp: Stamp) -> str:
    return " ".join(map(str, stamp))

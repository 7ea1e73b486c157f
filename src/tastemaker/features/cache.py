"""Vectors that were made once: one SQLite file an encoder, safe to kill, to share and to delete."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
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
SWEPT = 4096  # rows that are read at once
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

    def get(self, fingerprint: str, contents: Collection[str]) -> Iterator[dict[str, NDArray[np.float32]]]:
        """The vectors that are there, by content hash, some at a time; those that do not match their checksum are not.

        Args:
            fingerprint: Of the encoder.
            contents: Content hashes, quickly found among one another: a set or a dictionary.
        """
        for rows in _picked(self._vectors(fingerprint), "vectors", contents, bytes.fromhex):
            named = ((key.hex(), total, blob) for key, total, blob in rows)
            yield {
                key: np.frombuffer(blob, np.float32)
                for key, total, blob in named
                if key in contents and _whole(total, blob)
            }

    def put(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; they are in the file when this returns, whatever happens to the process."""
        blobs = [(bytes.fromhex(key), np.ascontiguousarray(v, "<f4").tobytes()) for key, v in vectors.items()]
        rows = [(key, crc32(blob), blob) for key, blob in blobs]
        sql = "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)"
        self._vectors(fingerprint).run(lambda base: base.executemany(sql, rows))

    def hashes(self, files: Mapping[str, Stamp]) -> dict[str, str]:
        """Content hashes of the files whose stamp is as it was."""
        return {
            path: content.hex()
            for rows in _picked(self._files(), "files", files, str)
            for path, stamp, content in rows
            if path in files and stamp == _text(files[path])
        }

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


def _picked(shelf: Shelf, table: str, keys: Collection[str], coded: Callable[[str], Any]) -> Iterator[list[Any]]:
    """Rows of `table`, some at a time: those with one of the keys, or all, which is faster where most are asked for."""
    last = _asked(shelf, f"SELECT max(rowid) FROM {table}")[0][0] or 0
    if len(keys) * 4 > last:
        yield from _swept(shelf, table)
        return
    rest = iter(keys)
    while part := [coded(key) for key in islice(rest, ASKED)]:
        yield _asked(shelf, f"SELECT * FROM {table} WHERE key IN ({','.join('?' * len(part))})", part)


def _swept(shelf: Shelf, table: str) -> Iterator[list[Any]]:
    after = -1
    while rows := _asked(shelf, f"SELECT *, rowid FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT {SWEPT}", [after]):
        after = rows[-1][-1]
        yield [row[:-1] for row in rows]


def _asked(shelf: Shelf, sql: str, given: Sequence[Any] = ()) -> list[Any]:
    return shelf.run(lambda base: base.execute(sql, given).fetchall())


def _whole(total: Any, blob: Any) -> bool:
    return isinstance(blob, bytes) and len(blob) > 0 and len(blob) % 4 == 0 and crc32(blob) == total


def _text(stamp: Stamp) -> str:
    return " ".join(map(str, stamp))

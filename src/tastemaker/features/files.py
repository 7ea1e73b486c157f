"""The media files of a data set for one encoder: checked, hashed, opened, encoded."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tastemaker.core import Run, fingerprints
from tastemaker.data import Dataset
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache, Stamp
from tastemaker.features.filling import Vectors, encode_all
from tastemaker.features.media import Decoder, Job
from tastemaker.features.media_worker import MAX_BYTES


@dataclass(frozen=True)
class Broken:
    """A file that could not be taken.

    Attributes:
        item: Id of the item that names it.
        path: The file.
        modality: What it should have been.
        reason: Why, as the end of the sentence "it ...".
    """

    item: str
    path: str
    modality: str
    reason: str


class Files:
    """Media files of one modality.

    Attributes:
        keys: For each item the content hashes of its files that could be hashed.
        broken: What could not be taken, so far.
    """

    def __init__(self, data: Dataset, encoder: Encoder, cache: FeatureCache, verify: bool) -> None:
        self.broken: list[Broken] = []
        self._data, self._encoder, self._cache = data, encoder, cache
        self._owner: dict[str, tuple[int, Path]] = {}
        content = data.content[cast(Any, encoder.source)]
        rows = [(row, Path(path)) for row, paths in enumerate(content) for path in paths]
        hashes = self._hashes(rows, verify)
        self.keys: list[tuple[str, ...]] = [()] * len(content)
        for row, path in rows:
            if str(path) in hashes:
                key = hashes[str(path)]
                self.keys[row] = (*self.keys[row], key)
                self._owner.setdefault(key, (row, path))

    def vectors(self, run: Run) -> tuple[Vectors, int]:
        """Vectors by content hash, and how many were encoded now."""
        made = self._cache.get(self._encoder.fingerprint(), self._owner)
        rest = [key for key in self._owner if key not in made]
        if not rest:
            return made, 0
        fresh = encode_all(self._encoder, self._opened(rest), len(rest), self._cache, run)
        return made | fresh, len(fresh)

    def _opened(self, keys: list[str]) -> Iterator[tuple[str, Any]]:
        kind = str(self._encoder.source)
        size = int(getattr(self._encoder, "side" if kind == "image" else "rate"))
        jobs = (Job(self._owner[key][1], kind, size, self._data.root) for key in keys)
        with Decoder() as decoder:
            for key, found in zip(keys, decoder.decode(jobs), strict=True):
                if isinstance(found, str):
                    self._fail(*self._owner[key], found)
                else:
                    yield key, found

    def _hashes(self, rows: list[tuple[int, Path]], verify: bool) -> dict[str, str]:
        """Content hash by path; what is no regular file of bearable size in the folder is broken."""
        stamps: dict[str, Stamp] = {}
        for row, path in rows:
            stamp = _stamp(path, self._data.root)
            if isinstance(stamp, str):
                self._fail(row, path, stamp)
            else:
                stamps[str(path)] = stamp
        known = {} if verify else self._cache.hashes(stamps)
        new = {path: (stamp, _hash(path)) for path, stamp in stamps.items() if path not in known}
        self._cache.remember({path: (stamp, key) for path, (stamp, key) in new.items() if key})
        for row, path in rows:
            if str(path) in new and not new[str(path)][1]:
                self._fail(row, path, "cannot be read")
        return known | {path: key for path, (_, key) in new.items() if key}

    def _fail(self, row: int, path: Path, reason: str) -> None:
        item = self._data.items.ids[row]
        self.broken.append(Broken(item, _shown(path, self._data.root), str(self._encoder.source), reason))


def _shown(path: Path, root: Path | None) -> str:
    return str(path.relative_to(root)) if root is not None and path.is_relative_to(root) else str(path)


def _stamp(path: Path, root: Path | None) -> Stamp | str:
    """Size, date and inode of a regular file; else the reason why it cannot be taken."""
    try:
        real = path.resolve(strict=True)
        found = os.stat(real)
    except FileNotFoundError:
        return "there is no such file"
    except (OSError, RuntimeError, ValueError) as error:
        return f"it cannot be opened ({error})"
    if root is not None and not real.is_relative_to(root.resolve()):
        return "it leads out of the data folder"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file but a folder, pipe or device"
    if found.st_size == 0 or found.st_size > MAX_BYTES:
        return "it is empty" if found.st_size == 0 else f"it is larger than {MAX_BYTES >> 20} MB"
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def _hash(path: str) -> str:
    """Content hash, "" where the file cannot be read."""
    try:
        return fingerprints.of_file(Path(path))
    except OSError:
        return ""

"""The media files of a data set for one encoder: checked, hashed, opened, encoded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tastemaker.core import Run
from tastemaker.data import Dataset
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache, Stamp
from tastemaker.features.filling import Filled, encode_all, known
from tastemaker.features.media import Decoder, Job, require
from tastemaker.features.media_file import Folders, Refused, hash_media, look
from tastemaker.features.media_image import LONG
from tastemaker.features.rows import Rows

SETTLED = 0.1  # seconds: a file changed this recently may change again within one tick of its clock
MANY = 500  # hashes that are remembered at once
NO_NUMBERS = "its vector is not made of numbers"


@dataclass(frozen=True)
class Broken:
    """A file, or a row of ready-made vectors, that could not be taken.

    Attributes:
        item: Id of the item that names it.
        path: The file, relative to the data folder, or the name of the vectors.
        modality: What it should have been.
        reason: Why, as a sentence about "it".
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
        self._owners: dict[str, list[tuple[int, Path]]] = {}
        content: Sequence[tuple[Any, ...]] = data.content[cast(Any, encoder.source)]
        rows = [(row, Path(path)) for row, paths in enumerate(content) for path in paths]
        hashes = self._hashes(rows, verify)
        self.keys: list[tuple[str, ...]] = [()] * len(content)
        for row, path in rows:
            if key := hashes.get(path):
                self.keys[row] = (*self.keys[row], key)
                self._owners.setdefault(key, []).append((row, path))

    def vectors(self, run: Run) -> Filled:
        """Vectors by content hash, made now where the cache lacks them."""
        made = known(self._encoder, Rows(self._owners, self._cache.folder), self._cache)
        rest = made.lacking()
        if not rest:
            return Filled(made, 0)
        require(str(self._encoder.source))
        opened = run.progress(self._opened(rest), self._encoder.name, len(rest))
        filled = encode_all(self._encoder, opened, (made, self._cache))
        for key in sorted(filled.useless):
            self.fail(key, NO_NUMBERS)
        return filled

    def paths(self) -> dict[str, Path]:
        """A file by content hash."""
        return {key: owners[0][1] for key, owners in self._owners.items()}

    def _opened(self, keys: list[str]) -> Iterator[tuple[str, Any]]:
        jobs = (job_of(self._encoder, self._owners[key][0][1], self._data.root) for key in keys)
        with Decoder() as decoder:
            for key, found in zip(keys, decoder.decode(jobs), strict=True):
                if isinstance(found, str):
                    self.fail(key, found)
                else:
                    yield key, found

    def _hashes(self, rows: list[tuple[int, Path]], verify: bool) -> dict[Path, str]:
        """Content hash by path; what is no regular file of bearable size in the folder is broken."""
        stamps: dict[Path, Stamp] = {}
        refused: dict[Path, str] = {}
        folders: Folders = {}
        for path in dict.fromkeys(path for _, path in rows):
            try:
                stamps[path] = _stamp(look(path, self._data.root, folders=folders))
            except Refused as error:
                refused[path] = str(error)
        found = {} if verify else self._cache.hashes({str(path): stamp for path, stamp in stamps.items()})
        hashes = {path: found[str(path)] for path in stamps if str(path) in found}
        hashes |= self._hashed([path for path in stamps if path not in hashes], refused)
        for row, path in rows:
            if path in refused:
                self._report(row, path, refused[path])
        return hashes

    def _hashed(self, paths: list[Path], refused: dict[Path, str]) -> dict[Path, str]:
        """Read the files and remember their hashes, so that the next run need not."""
        hashes: dict[Path, str] = {}
        fresh: dict[str, tuple[Stamp, str]] = {}
        for path in paths:
            try:
                hashes[path], state = hash_media(path, self._data.root)
            except Refused as error:
                refused[path] = str(error)
                continue
            if time.time() - max(state.st_mtime, state.st_ctime) > SETTLED:
                fresh[str(path)] = (_stamp(state), hashes[path])
            if len(fresh) >= MANY:
                self._cache.remember(fresh)
                fresh = {}
        self._cache.remember(fresh)
        return hashes

    def fail(self, key: str, reason: str) -> None:
        """Report the files of this content as broken."""
        for row, path in self._owners[key]:
            self._report(row, path, reason)

    def _report(self, row: int, path: Path, reason: str) -> None:
        item = self._data.items.ids[row]
        self.broken.append(Broken(item, shown(path, self._data.root), str(self._encoder.source), reason))


def job_of(encoder: Encoder, path: Path, root: Path | None) -> Job:
    """What the decoder is asked, so that `encoder` can take the file."""
    kind = str(encoder.source)
    size = int(getattr(encoder, "rate" if kind == "audio" else "side"))
    film = {name: int(getattr(encoder, name)) for name in ("frames", "rate")} if kind == "video" else {}
    return Job(path, kind, size, root, long=int(getattr(encoder, "long", LONG)), **film)


def shown(path: Path, root: Path | None) -> str:
    """A file as people read it: relative to the data folder where it lies in it."""
    return str(path.relative_to(root)) if root is not None and path.is_relative_to(root) else str(path)


def _stamp(found: os.stat_result) -> Stamp:
    """Size, times of change and inode; the second time (ctime) cannot be set back by those who set the first."""
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

"""Files of one name or pattern, here or elsewhere."""

from __future__ import annotations

import glob
import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from tastemaker.actions.feeds import lines
from tastemaker.actions.feeds.base import Position, Row
from tastemaker.core import DataError, MissingExtra, ServiceError

HEAD = 4096  # bytes of a line by which a file is told from others
Reader = Callable[[str, Any, Position, bool], Iterator[Row]]
READERS: Mapping[str, Reader] = {
    ".jsonl": lines.jsonl,
    ".ndjson": lines.jsonl,
    ".csv": lines.table,
    ".tsv": lines.table,
    ".parquet": lines.parquet,
}


class Files:
    """All files that a name or pattern means, such as ``log/*.jsonl.gz`` or ``s3://bucket/log/*.parquet``.

    Args:
        pattern: Of files on this machine, or of any system that fsspec opens.
    """

    def __init__(self, pattern: str) -> None:
        self.name = pattern
        self._system = _elsewhere(pattern) if "://" in pattern else None

    def rows(self, behind: Mapping[str, Position], follow: bool) -> Iterator[Row]:
        """By name."""
        found = self._found()
        if not found and not follow:
            raise DataError(f"There is no file {self.name}.")
        for name in found:
            read = _reader(name)
            try:
                with self._open(name) as file:
                    part = f"{name}#{_mark(file)}"
                    yield from read(part, file, behind.get(part, 0), follow)
            except (OSError, EOFError) as error:
                raise ServiceError(f"{name} cannot be read: {error}") from error

    def _found(self) -> list[str]:
        if self._system is None:
            return sorted(glob.glob(self.name, recursive=True))
        try:
            return sorted(self._system.glob(self.name))
        except OSError as error:
            raise ServiceError(f"{self.name} does not answer: {error}") from error

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        with open(name, "rb") if self._system is None else self._system.open(name, "rb") as file:
            if name.endswith(".gz"):
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield file


def _mark(file: BinaryIO) -> str:
    """Of its first two lines: a file that grows keeps it, another one under the same name does not."""
    found = hashlib.sha256(file.readline(HEAD) + file.readline(HEAD)).hexdigest()[:12]
    file.seek(0)
    return found


def _reader(name: str) -> Reader:
    plain = name.removesuffix(".gz")
    found = next((read for end, read in READERS.items() if plain.endswith(end)), None)
    if found is None:
        raise DataError(f"{name} is of no known kind; expected {', '.join(READERS)}, or .gz of the first four.")
    return found


def _elsewhere(pattern: str) -> Any:
    """The file system of an address."""
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra("fsspec", "cloud") from error
    protocol = pattern.split("://", 1)[0]
    try:
        return fsspec.filesystem(protocol)
    except ImportError as error:
        raise MissingExtra(f"What opens {protocol}://", "cloud") from error
    except ValueError as error:
        raise DataError(f"Nothing opens {protocol}:// ({error}).") from error

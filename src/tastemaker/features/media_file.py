"""Media files before anything is decoded: what may be opened, and how to open it without ever waiting."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
BINARY = getattr(os, "O_BINARY", 0)


Folders = dict[str, str]  # a folder as it is named, and where it really is


class Refused(Exception):
    """A file that cannot be taken; the text says why, as a sentence about "it"."""


@dataclass(frozen=True)
class Limits:
    """What one media file may cost.

    Attributes:
        bytes: Size of the file.
        pixels: Width times height of a picture.
        longest: Seconds of a sound; longer ones are refused.
        read: Seconds of a sound, from its start, that are looked at.
        kept: Seconds of the middle of these that are encoded.
        memory: Bytes of address space of a process that decodes.
        wall: Seconds that decoding one file may take.
    """

    bytes: int = 200 << 20
    pixels: int = 50_000_000
    longest: float = 6 * 3600.0
    read: float = 600.0
    kept: float = 60.0
    memory: int = 3 << 30
    wall: float = 30.0


LIMITS = Limits()
VERSION = 2  # of decoding; counts up when the same file would give other pixels or samples


def decoding(kind: str) -> str:
    """A text that changes whenever the same file would be decoded otherwise; part of the key of the cache."""
    return f"decode/{VERSION}" + (f"/{LIMITS.read:g}/{LIMITS.kept:g}" if kind in ("audio", "video") else "")


def look(path: Path, root: Path | None, limits: Limits = LIMITS, folders: Folders | None = None) -> os.stat_result:
    """The state of a regular file of bearable size inside `root`, symbolic links followed.

    Args:
        path: The file.
        root: The folder that it may not lead out of, or None.
        limits: What it may cost.
        folders: Where folders really are, filled as they are met; saves time where many files share a folder.

    Raises:
        Refused: There is no such file, or it is empty, too large, a folder, pipe or device, or outside `root`.
    """
    return _look(path, root, limits, {} if folders is None else folders)[1]


def open_media(path: Path, root: Path | None, limits: Limits = LIMITS) -> BinaryIO:
    """Open what `look` takes for reading; never waits for a pipe or a device. Raises `Refused`."""
    real, _ = _look(path, root, limits, {})
    try:
        handle = os.open(real, os.O_RDONLY | NO_WAIT | BINARY)
    except OSError as error:
        raise Refused(_why(error)) from error
    file = os.fdopen(handle, "rb")
    try:
        _check(os.fstat(handle), limits)  # what was opened may no longer be what was looked at
    except Refused:
        file.close()
        raise
    return file


def hash_media(path: Path, root: Path | None, limits: Limits = LIMITS) -> tuple[str, os.stat_result]:
    """SHA-256 of a file's bytes, and its state while they were read. Raises `Refused`."""
    digest = hashlib.sha256()
    with open_media(path, root, limits) as file:
        found = os.fstat(file.fileno())
        try:
            while block := file.read(BLOCK):
                digest.update(block)
        except OSError as error:
            raise Refused(_why(error)) from error
    return digest.hexdigest(), found


def _look(path: Path, root: Path | None, limits: Limits, folders: Folders) -> tuple[str, os.stat_result]:
    try:
        real, found = _real_file(path, folders)
    except (OSError, RuntimeError, ValueError) as error:
        raise Refused(_why(error)) from error
    if root is not None and not _within(real, _real_root(root)):
        raise Refused("it leads out of the data folder")
    _check(found, limits)
    return real, found


def _real_file(path: Path, folders: Folders) -> tuple[str, os.stat_result]:
    folder, name = os.path.split(path)
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode) or name in ("", ".", ".."):
        real = os.path.realpath(path, strict=True)
        return real, os.stat(real)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder, strict=True)
    return os.path.join(folders[folder], name), found


def _within(real: str, root: str) -> bool:
    return real.startswith(root.rstrip(os.sep) + os.sep)


@lru_cache(maxsize=16)
def _real_root(root: Path) -> str:
    return os.path.realpath(root)


def _check(found: os.stat_result, limits: Limits) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise Refused("it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise Refused("it is a pipe, socket or device, not a file")
    if found.st_size == 0:
        raise Refused("it is empty")
    if found.st_size > limits.bytes:
        raise Refused(f"it has {found.st_size / 1e6:,.0f} MB, more than the {limits.bytes / 1e6:,.0f} MB allowed")


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "it may not be read (permission denied)"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "its symbolic links lead in a circle"
    return f"it cannot be opened ({getattr(error, 'strerror', None) or error})"

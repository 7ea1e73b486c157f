"""Paths that a table names: relative, inside their folder, never a URL."""

from __future__ import annotations

import re
from pathlib import Path

from tastemaker.core import DataError

LONGEST = 1024  # characters of a path
LONGEST_NAME = 255  # bytes of one of its parts, the limit of nearly every file system

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|(data|file|https?|ftp):", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")  # C:\


def inside(root: Path, relative: str) -> Path:
    """The absolute path of a file that a table names; whether it exists is not looked at.

    Args:
        root: The data folder.
        relative: What the table says, with ``/`` between its parts.

    Raises:
        DataError: With the reason, where `relative` is empty, a URL, absolute, too long, holds a NUL byte or
            leads out of the folder by ``..``. Symbolic links are looked at when the file is read.
    """
    reason = _refusal(relative)
    if reason:
        raise DataError(f"{relative[:80]!r} is not taken as a file: {reason}.")
    return root.absolute() / relative


def _refusal(relative: str) -> str:
    """Why `relative` cannot be a file inside a folder; "" if it can."""
    parts = relative.replace("\\", "/").split("/")
    refusals = [
        (not relative.strip(), "it is empty"),
        ("\0" in relative, "it holds a NUL byte"),
        (_URL.match(relative) is not None, "it is a URL; files are read from the data folder only"),
        (_is_absolute(relative), "it is an absolute path; give it relative to the data folder"),
        (".." in parts, "it leads out of the data folder by '..'"),
        (len(relative) > LONGEST, f"it is longer than {LONGEST} characters"),
        (max(map(_width, parts)) > LONGEST_NAME, f"one of its names is longer than {LONGEST_NAME} bytes"),
    ]
    return next((reason for refused, reason in refusals if refused), "")


def _is_absolute(relative: str) -> bool:
    return relative.startswith(("/", "~", "\\")) or _DRIVE.match(relative) is not None


def _width(part: str) -> int:
    return len(part.encode("utf-8", "surrogatepass"))

"""Paths that a table names: relative, inside their folder, never a URL."""

from __future__ import annotations

import re
from pathlib import Path

from tastemaker.core import DataError

LONGEST = 1024  # characters of a path
LONGEST_NAME = 255  # bytes of one of its parts, the limit of nearly every file system

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|(data|file|https?|ftp):", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")  # C:\


def _width(part: str) -> int:
    return len(part.encode("utf-8", "surrogatepass"))

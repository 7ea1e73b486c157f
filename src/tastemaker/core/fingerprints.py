"""Fingerprints: short hashes that change whenever what they stand for changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

BLOCK = 1 << 20


def of_bytes(content: bytes) -> str:
    """SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def of_json(value: Any) -> str:
    """SHA-256 of plain JSON values; the order of keys does not matter."""
    return of_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()

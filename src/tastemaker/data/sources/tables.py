"""What every source gives: up to three Arrow tables, a folder for media, and ready-made vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".jsonl", ".jsonl.gz", ".ndjson")


@dataclass(frozen=True)
class VectorFile:
    """Ready-made item vectors on disk: an ``.npy`` array, and the item id of each of its rows."""

    path: Path
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Tables:
    """A source before its columns are understood.

    Attributes:
        source: What was read, for reports.
        kind: The form it was found to have.
        interactions: A `pyarrow.Table`.
        items: A `pyarrow.Table`, or None.
        users: A `pyarrow.Table`, or None.
        root: Folder that media paths are relative to; None: they cannot be read.
        vectors: Ready-made vectors by name.
    """

    source: str
    kind: str
    interactions: Any
    items: Any = None
    users: Any = None
    root: Path | None = None
    vectors: Mapping[str, VectorFile] = field(default_factory=dict)


def ending(path: Path) -> str:
    """The ending of a table file, such as ``.csv.gz``; "" if it is none that can be read."""
    name = path.name.lower()
    return next((e for e in sorted(ENDINGS, key=len, reverse=True) if name.endswith(e)), "")

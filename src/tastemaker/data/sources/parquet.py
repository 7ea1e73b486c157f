"""Parquet globs: ``logs/*.parquet`` is one table of interactions in parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tastemaker.core import DataError
from tastemaker.data.sources.file import read_parquet
from tastemaker.data.sources.tables import Tables


def read(pattern: str, paths: Sequence[Path]) -> Tables:
    """Interactions from the files that a pattern names, in the order of their names.

    Raises:
        DataError: no file fits, one is no Parquet, or their columns do not fit together.
    """
    if not paths:
        raise DataError(f"No file fits {pattern!r}; expected Parquet files.")
    other = [path for path in paths if path.suffix.lower() != ".parquet"]
    if other:
        raise DataError(f"{pattern!r} names {other[0].name!r}, too; a pattern must name Parquet files alone.")
    return Tables(pattern, f"{len(paths)} Parquet files", read_parquet(paths), root=paths[0].parent)

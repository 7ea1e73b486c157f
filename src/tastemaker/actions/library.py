"""The first two lines of a script: read a folder, split it."""

from __future__ import annotations

from pathlib import Path

from tastemaker.data import Dataset, Split


def read(source: str | Path) -> Dataset:
    """Read and clean a data folder (or a MovieLens, RecBole, MMRec or Parquet source).

    For the receipt of what was cleaned use ``tastemaker.data.read.read``, which returns both.
    """
    from tastemaker.data.read import read as read_source

    return read_source(source).data


def split(data: Dataset, by: str | None = None, seed: int = 0) -> Split:
    """Cut `data` into train, validation and test.

    Args:
        data: What to cut.
        by: "time", "last", "random", "ratings", "cold_items", "cold_users", "given" or "files:DIR"; None
            takes "given" where the data say it, "time" with clock times, "last" with positions, else "random".
        seed: For the random ones.
    """
    from tastemaker.data.splits import default, parse

    splitter = default(data, seed) if by is None else parse(by, seed)
    return next(iter(splitter.split(data)))

"""Rows of a split file: which pairs of the data they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.dataset import Dataset

MILLISECONDS = 10**11  # later than the year 5138 in seconds


class Rows(NamedTuple):
    """Pairs of a file that the data know: ``user row * number of items + item row``; times, -1 unknown."""

    code: NDArray[np.int64]
    time: NDArray[np.int64]


def read_rows(path: Path, data: Dataset) -> Rows:
    """Read user_id, item_id and, where it is there, timestamp; raises `DataError`."""
    table = _table(path)
    missing = [name for name in ("user_id", "item_id") if name not in table.column_names]
    if missing:
        raise DataError(f"{path} has no column {missing[0]!r}; it has: {', '.join(table.column_names)}.")
    user = data.users.rows(table["user_id"].to_pylist())
    item = data.items.rows(table["item_id"].to_pylist())
    time = np.full(len(user), -1, np.int64)
    if "timestamp" in table.column_names:
        time = _seconds(table["timestamp"].to_pylist(), path)
    known = (user >= 0) & (item >= 0)
    code = user.astype(np.int64) * len(data.items) + item
    return Rows(code[known], time[known])


def _table(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    try:
        names = csv.open_csv(path).schema.names
        strings = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        return csv.read_csv(path, convert_options=strings)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as a table: {error}") from error


def _seconds(texts: list[str | None], path: Path) -> NDArray[np.int64]:
    """Seconds since 1970 (or positions) of numbers and ISO 8601 texts; -1 where empty."""
    filled = np.array([text or "-1" for text in texts], np.str_)
    try:
        number = filled.astype(np.float64)
    except ValueError:
        return _dates(filled, path)
    return np.where(number >= MILLISECONDS, number / 1000, number).astype(np.int64)


def _dates(texts: NDArray[np.str_], path: Path) -> NDArray[np.int64]:
    from datetime import UTC, datetime

    seconds = np.full(len(texts), -1, np.int64)
    for row, text in enumerate(texts):
        if text == "-1":
            continue
        try:
            date = datetime.fromisoformat(str(text))
        except ValueError as error:
            raise DataError(
                f"{path}, row {row + 2}: {str(text)!r} is no time; expected seconds or ISO 8601."
            ) from error
        seconds[row] = int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())
    return seconds

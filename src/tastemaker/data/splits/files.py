"""Files say what is the test: the way to compare on a split that someone else made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, component
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import NOWHERE, TEST, TRAIN, VALIDATION, Part, assemble
from tastemaker.data.splits.rows import Rows, read_rows

NAMES = ((TRAIN, ("train.csv",)), (VALIDATION, ("valid.csv", "val.csv")), (TEST, ("test.csv",)))


@component
class Files:
    """By ``train.csv``, ``valid.csv`` (may be absent) and ``test.csv`` in a folder.

    Rows are matched to the data by user_id and item_id, and by timestamp too where a pair is in more than one
    file. Interactions in none of the files are left out, as are rows of the files that cleaning removed.

    Attributes:
        folder: Where the files are.
    """

    name: ClassVar[str] = "files"
    folder: str

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split; raises `DataError` where the files do not fit the data."""
        pairs, times = _masks(Path(self.folder), data)
        several = ~np.isin(pairs, (0, *_BIT_PART))
        bits = np.where(several, times, pairs)
        unclear = several & ~np.isin(bits, list(_BIT_PART))
        if unclear.any():
            raise DataError(_unclear(data, unclear, Path(self.folder)))
        part = np.full(len(bits), NOWHERE, np.int8)
        for bit, number in _BIT_PART.items():
            part[bits == bit] = number
        yield assemble(data, part)


_BIT_PART = {1 << number: number for number, _ in NAMES}


def _masks(folder: Path, data: Dataset) -> tuple[Part, Part]:
    """In which files the pair of each interaction is, and in which with its time; bit masks, shape (n,)."""
    log = data.interactions
    code = log.user.astype(np.int64) * len(data.items) + log.item
    pairs, times = np.zeros(len(log), np.int8), np.zeros(len(log), np.int8)
    for number, names in NAMES:
        rows = _file(folder, names, data, needed=number != VALIDATION)
        if rows is None:
            continue
        there = np.isin(code, rows.code)
        if not there.any():
            raise DataError(_strange(folder / names[0], data))
        pairs[there] |= np.int8(1 << number)
        times[_same(code, log.time, rows)] |= np.int8(1 << number)
    return pairs, times


def _file(folder: Path, names: tuple[str, ...], data: Dataset, *, needed: bool) -> Rows | None:
    for name in names:
        if (folder / name).is_file():
            return read_rows(folder / name, data)
    if needed:
        raise DataError(f"There is no {folder / names[0]}. A split by files needs train.csv and test.csv.")
    return None


def _same(code: NDArray[np.int64], time: NDArray[np.int64], rows: Rows) -> NDArray[np.bool_]:
    """Which interactions are in the file with their time, shape (n,)."""
    both = np.stack([np.concatenate([code, rows.code]), np.concatenate([time, rows.time])])
    number = np.unique(both, axis=1, return_inverse=True)[1].ravel()
    return np.isin(number[: len(code)], number[len(code) :])


def _unclear(data: Dataset, unclear: NDArray[np.bool_], folder: Path) -> str:
    row = int(np.flatnonzero(unclear)[0])
    user, item = (data.interactions.user[row], data.interactions.item[row])
    return (
        f"{int(unclear.sum())} interactions are in several files of {folder} and no timestamp tells which, "
        f"such as user {data.users.ids[user]!r} with item {data.items.ids[item]!r}. Add a column timestamp, "
        "or keep each pair in one file."
    )


def _strange(path: Path, data: Dataset) -> str:
    return (
        f"No row of {path} is in the data: expected ids such as user {data.users.ids[0]!r} and item "
        f"{data.items.ids[0]!r}."
    )

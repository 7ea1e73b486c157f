"""Ready-made vectors of items: ``NAME.npy`` with ids, or list columns called ``NAME_vector``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.dataset import Vocabulary
from tastemaker.data.receipt import Ledger
from tastemaker.data.sources.tables import VectorFile
from tastemaker.data.vectors import Features

WIDEST = 65_536


def open_vectors(path: Path) -> NDArray[Any]:
    """An ``.npy`` array, mapped and not read; raises `DataError` where it is damaged or holds objects."""
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} is no .npy array that can be read: {error}. Save plain numbers with numpy.save."
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise DataError(
            f"{path} holds {getattr(array, 'dtype', 'several arrays')} values; expected an array of numbers."
        )
    return array


def from_file(file: VectorFile, items: Vocabulary, ledger: Ledger) -> Features:
    """Vectors of the items that a file has; rows of unknown items are told.

    Raises:
        DataError: the array is not of shape (number of ids, dim), or an id stands twice.
    """
    array = open_vectors(file.path)
    if array.ndim != 2 or len(array) != len(file.ids) or not 0 < array.shape[1] <= WIDEST:
        raise DataError(
            f"{file.path} has the shape {array.shape} and {len(file.ids)} ids; "
            f"expected one row an id and 1 to {WIDEST} numbers a row."
        )
    rows = items.rows(file.ids)
    known = np.flatnonzero(rows >= 0)
    if len(np.unique(rows[known])) != len(known):
        raise DataError(f"{file.path.with_suffix('.ids')} names an item twice; expected each id once.")
    ledger.add(
        f"rows of {file.path.name} of unknown items",
        "ignored",
        len(rows) - len(known),
        _some(file.ids, rows < 0),
    )
    vectors = np.zeros((len(items), array.shape[1]), np.float32)
    vectors[rows[known]] = array[known]
    there = np.zeros(len(items), bool)
    there[rows[known]] = True
    return _features(vectors, there, file.path.name, items, ledger)


def from_lists(values: list[Any], rows: NDArray[np.int32], name: str, items: Vocabulary, ledger: Ledger) -> Features:
    """Vectors from a column of lists (or of numbers apart by blanks or commas in a string).

    Args:
        values: One entry a row of the table: a list of numbers, a string or None.
        rows: Item of each entry, int32, shape (len(values),); -1 leaves it out.
        name: Name of the column, for messages.
        items: All items.
        ledger: Learns of vectors that cannot be used.
    """
    parsed = {
        int(row): numbers for value, row in zip(values, rows, strict=True) if row >= 0 and (numbers := _list(value))
    }
    dims = np.array([len(numbers) for numbers in parsed.values()], int)
    if not len(dims):
        return Features("vectors", np.zeros((len(items), 1), np.float32), np.zeros(len(items), bool))
    counts = np.bincount(dims)
    dim = int(np.flatnonzero(counts == counts.max())[-1])
    other = [row for row, numbers in parsed.items() if len(numbers) != dim]
    ledger.add(f"{name} of another length than {dim}", "dropped", len(other), (items.ids[row] for row in other))
    vectors, there = np.zeros((len(items), dim), np.float32), np.zeros(len(items), bool)
    for row, numbers in parsed.items():
        if len(numbers) == dim:
            vectors[row], there[row] = numbers, True
    return _features(vectors, there, name, items, ledger)


def _list(value: Any) -> list[float]:
    if isinstance(value, str):
        value = value.strip("[]() ").replace(",", " ").split()
    try:
        numbers = [float("nan") if x is None else float(x) for x in value or ()]
    except (TypeError, ValueError):
        return []
    return numbers if len(numbers) <= WIDEST else []


def _features(vectors: Any, there: Any, name: str, items: Vocabulary, ledger: Ledger) -> Features:
    """Rows with nan are absent; rows with an infinite number too, and told."""
    finite = np.isfinite(vectors).all(axis=1)
    endless = there & np.isinf(vectors).any(axis=1)
    ledger.add(f"vectors of {name} with infinite numbers", "dropped", int(endless.sum()), _some(items.ids, endless))
    present = there & finite
    vectors[~present] = 0
    return Features("vectors", vectors, present)


def _some(ids: tuple[str, ...], mask: Any) -> list[str]:
    return [ids[row] for row in np.flatnonzero(mask)[:5]]

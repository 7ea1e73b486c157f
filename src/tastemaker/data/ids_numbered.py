"""Ids that are a number, or one word and a number, such as ``42`` and ``u42``: numbered without hashing texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MANY = 10_000  # rows from which on it pays
_FORM = re.compile(r"([!-/:-~]*)(-?\d{1,18})")


@dataclass(frozen=True)
class Ids:
    """A column of ids.

    Attributes:
        codes: Index into `names` a row, int32, shape (n,); -1 where the id is missing.
        names: The distinct ids.
    """

    codes: NDArray[np.int32]
    names: list[str]


def ids_by_number(column: Any) -> Ids | None:
    """Ids of a long text column whose values are one prefix and a number without leading zeros; None if not so."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if len(column) < MANY or not pa.types.is_string(column.type) or column.null_count:
        return None
    form = _FORM.fullmatch(column[0].as_py())
    if form is None:
        return None
    prefix = form[1].removesuffix("-")
    if not pc.all(pc.starts_with(column, prefix)).as_py():
        return None
    try:
        said = pc.binary_replace_slice(column, 0, len(prefix), "") if prefix else column
        numbers = said.cast(pa.int64()).to_numpy()
    except pa.ArrowException:
        return None
    if not np.array_equal(pc.binary_length(said).to_numpy(), _width(numbers)):
        return None  # 007 and 7 are two ids
    codes, distinct = _distinct(numbers)
    return Ids(codes, [f"{prefix}{number}" for number in distinct.tolist()])


def _width(numbers: NDArray[np.int64]) -> NDArray[np.int32]:
    """Signs that each number takes in text."""
    low, high = int(numbers.min()), int(numbers.max())
    width = np.ones(len(numbers), np.int32)
    for power in range(1, 19):
        if 10**power <= max(high, -low):
            width += (numbers >= 10**power) | (numbers <= -(10**power))
    return width if low >= 0 else width + (numbers < 0)


def _distinct(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Codes and distinct numbers, by a table where the numbers lie close together, else by hashing."""
    import pyarrow as pa

    low, span = int(numbers.min()), int(numbers.max()) - int(numbers.min()) + 1
    if span > 8 * len(numbers):
        found = pa.array(numbers).dictionary_encode()
        return found.indices.to_numpy(), found.dictionary.to_numpy()
    place = numbers - low
    there = np.zeros(span, bool)
    there[place] = True
    distinct = np.flatnonzero(there)
    code = np.empty(span, np.int32)
    code[distinct] = np.arange(len(distinct), dtype=np.int32)
    return code[place], distinct + low

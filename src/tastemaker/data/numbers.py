"""Numbers and times from columns of any type."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_NUMBER = ("", "NA", "N/A", "n/a", "null", "NULL", "None", "none", "nan", "NaN", "-", "?", "<NA>")
"""What stands for "no value" in columns of numbers."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity)$"


def flat(column: Any) -> Any:
    """A chunked column without dictionary encoding."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def numbers_of(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Values as float64 (nan where there is none) and which rows said something that is no number.

    Args:
        column: A `pyarrow.ChunkedArray` of numbers, booleans or strings; ``3,5`` is read as 3.5.

    Returns:
        Values and a mask, both of shape (n,).
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    column = flat(column)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan), np.zeros(len(column), bool)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _plain_numbers(column)
    said = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    missing = pc.is_in(said, pa.array(NO_NUMBER, said.type))
    said = pc.if_else(missing, pa.scalar(None, said.type), said)
    number = pc.fill_null(pc.match_substring_regex(said, _NUMBER), False)
    if not pc.all(pc.or_(number, missing)).as_py():
        said = pc.replace_substring_regex(said, r"^([+-]?\d+),(\d+)$", r"\1.\2")
        number = pc.fill_null(pc.match_substring_regex(said, _NUMBER), False)
    wrong = pc.and_(pc.invert(number), pc.invert(missing))
    values = pc.if_else(number, said, pa.scalar(None, said.type)).cast(pa.float64())
    return _floats(values), as_mask(wrong)


def _plain_numbers(column: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    import pyarrow as pa

    try:
        return _floats(column.cast(pa.float64(), safe=False)), np.zeros(len(column), bool)
    except pa.ArrowException:
        there = as_mask(column.is_valid())
        return np.full(len(column), np.nan), there


def _floats(column: Any) -> NDArray[np.float64]:
    import pyarrow as pa

    values: NDArray[np.float64] = column.fill_null(pa.scalar(float("nan"), column.type)).to_numpy()
    return values


def as_mask(column: Any) -> NDArray[np.bool_]:
    """An Arrow column of booleans without nulls as an array."""
    return np.asarray(column.to_numpy(), bool)

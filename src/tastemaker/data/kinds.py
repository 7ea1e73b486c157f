"""What an attribute is: a number, a category, several categories, or nothing that tells one row from another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from tastemaker.data.numbers import NO_NUMBER, flat, numbers_of
from tastemaker.data.table import Column

DISTINCT = 0.9  # a category whose values differ in more of its rows is a name or a text
ODD = 0.05  # a column of numbers may have so many other values a number; they count as missing
FEW = 20  # below so many rows nothing is said about values that differ
_CODE = re.compile(r"0\d+")  # 0113 is a code, not a number
_SPACES = re.compile(r"\s+")
MISSING = frozenset(NO_NUMBER) - {"NA", "-"}  # NA is Namibia


def column_of(values: Any, *, code: bool = False) -> Column | None:
    """An attribute from an Arrow column; None where it holds nothing, or nested values.

    Args:
        values: A `pyarrow.ChunkedArray`; lists of strings are several values.
        code: Whether numbers in it are codes: categories.
    """
    import pyarrow as pa

    values = flat(values)
    if pa.types.is_boolean(values.type):
        return _category([None if v is None else str(v).lower() for v in values.to_pylist()])
    if not code and (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or _decimal(values.type)):
        numbers, _ = numbers_of(values)
        return _number(numbers)
    said = strings_of(values)
    if said is None:
        return None
    if not code and not any(_CODE.fullmatch(text) for text in said):
        numbers, wrong = numbers_of(pa.chunked_array([pa.array(said, pa.string())]))
        if wrong.sum() <= ODD * np.isfinite(numbers).sum():
            return _number(numbers)
    return _category(said)


def strings_of(values: Any) -> list[str] | None:
    """Texts of a column without surplus blanks, "" where missing, lists joined by ``|``; None for other nested ones."""
    import pyarrow as pa

    values = flat(values)
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type) or pa.types.is_fixed_size_list(values.type):
        return [_tidy("|".join(_leaves(entry))) for entry in values.to_pylist()]
    if pa.types.is_nested(values.type):
        return None
    return [_tidy("" if value is None else str(value)) for value in values.to_pylist()]


def _leaves(entry: Any) -> list[str]:
    """Flat texts of a list of lists, each once."""
    found: dict[str, None] = {}
    for value in entry or ():
        for leaf in _leaves(value) if isinstance(value, list) else [str(value or "").replace("|", "/").strip()]:
            if leaf:
                found[leaf] = None
    return list(found)


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())
    return "" if text in MISSING else text


def _decimal(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_decimal(kind))


def _number(values: Any) -> Column | None:
    values = np.where(np.isfinite(values), values, np.nan)
    return Column("number", values) if np.isfinite(values).any() else None


def _category(said: Sequence[str | None]) -> Column | None:
    values = np.empty(len(said), object)
    values[:] = ["" if text is None else text for text in said]
    return Column("category", values) if (values != "").any() else None


def several(column: Column) -> Column:
    """A category whose values are lists apart by ``, `` or ``;`` gets them apart by ``|``, as do blanks around ``|``.

    A comma counts where most parts are short and stand in other rows, too: ``Comedy, Drama`` but not a sentence.
    """
    values = column.values
    for sign in ("|", "; ", ";", ", "):
        rows = [text for text in values if sign in text]
        if rows and (sign == "|" or _is_list(values, sign)):
            made = np.empty(len(values), object)
            made[:] = ["|".join(part.strip() for part in text.split(sign) if part.strip()) for text in values]
            return Column("category", made)
    return column


def _is_list(values: Any, sign: str) -> bool:
    filled = [text for text in values if text]
    split = [[part.strip() for part in text.split(sign) if part.strip()] for text in filled]
    parts = [part for row in split for part in row]
    mixed = sum(len(row) > 1 for row in split)
    if len(filled) < FEW or mixed < 0.1 * len(filled):
        return False
    short = sum(len(part) <= 30 for part in parts) >= 0.9 * len(parts)
    return short and len(set(parts)) <= DISTINCT * len(parts) and all(len(row) <= 50 for row in split)


def tells_nothing(column: Column) -> str:
    """Why a column is no attribute: "nearly all values differ", "one value"; "" if it is one."""
    if column.kind == "number":
        numbers = column.values[column.present]
        return (
            "one value everywhere" if len(numbers) == len(column) and len(set(numbers)) == 1 and len(column) > 1 else ""
        )
    filled = [text for text in column.values if text]
    parts = [part for text in filled for part in text.split("|")]
    if len(filled) >= FEW and len(set(parts)) > DISTINCT * len(parts):
        return "nearly all values differ"
    same = len(set(filled)) == 1 and len(filled) == len(column) and len(column) > 1
    return "one value everywhere" if same else ""

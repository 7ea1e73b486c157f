"""Ids: always strings, made alike wherever they come from, numbered from 0."""

from __future__ import annotations

import re
import unicodedata
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.ids_numbered import Ids, ids_by_number
from tastemaker.data.receipt import Ledger

MISSING = ("", "nan", "NaN", "null", "NULL", "None", "<NA>", "N/A")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHOLE = re.compile(r"[+-]?\d+(\.0+)?")
_PLAIN = re.compile(r"[!-~]+")  # printable ASCII without blanks: nothing to normalise


__all__ = ["MISSING", "Ids", "encode", "ids_of"]


def ids_of(column: Any, what: str, ledger: Ledger) -> Ids:
    """Ids of an Arrow column of any flat type.

    Blanks around an id and control characters go, Unicode is NFC, and ``12.0`` among whole numbers is ``12``.

    Args:
        column: A `pyarrow.ChunkedArray`.
        what: "user_id", "item_id", ...: for messages.
        ledger: Learns what was repaired.
    """
    numbered = ids_by_number(column)
    if numbered is not None:
        return numbered
    codes, raw = encode(column, what)
    names = _tidy(raw, what, ledger)
    numbers: dict[str, int] = {}
    place = [-1 if name in MISSING else numbers.setdefault(name, len(numbers)) for name in names]
    if place != list(range(len(names))):
        codes = np.append(np.array(place, np.int32), np.int32(-1))[codes]
    return Ids(codes, list(numbers))


def encode(column: Any, what: str) -> tuple[NDArray[np.int32], list[str]]:
    """Codes (-1 null) and distinct values as strings, of a flat Arrow column."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind):
        raise DataError(f"The column {what} holds {kind} values; expected one plain value a row.")
    # All chunks of a column that is encoded here share one dictionary: to unify them again would be very slow.
    coded = pa.types.is_dictionary(column.type)
    column = column.unify_dictionaries() if coded else column.dictionary_encode()
    values = _dictionary(column, kind)
    codes = np.empty(len(column), np.int32)
    start = 0
    for chunk in column.chunks:
        indices = chunk.indices if chunk.null_count == 0 else chunk.indices.fill_null(-1)
        codes[start : start + len(chunk)] = indices.to_numpy(zero_copy_only=False)
        start += len(chunk)
    if None in values:
        lookup = np.array([*(-1 if value is None else row for row, value in enumerate(values)), -1], np.int32)
        codes = lookup[codes]
    return codes, ["" if value is None else value for value in values]


def _dictionary(column: Any, kind: Any) -> list[str | None]:
    import pyarrow as pa

    values = column.chunk(0).dictionary if column.num_chunks else pa.array([], kind)
    if pa.types.is_floating(kind):
        return [_float(value) for value in values.to_pylist()]
    try:
        names: list[str | None] = values.cast(pa.string()).to_pylist()
    except pa.ArrowException:
        names = [_text(value) for value in values.to_pylist()]
    return names


def _float(value: float | None) -> str | None:
    if value is None or isnan(value):
        return None
    return f"{int(value)}.0" if value == int(value) and abs(value) < 2**63 else repr(value)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def _tidy(raw: list[str], what: str, ledger: Ledger) -> list[str]:
    names = [name if _PLAIN.fullmatch(name) else _normal(name) for name in raw]
    changed = [name for name, old in zip(names, raw, strict=True) if name != old.strip()]
    ledger.add(f"{what} with control characters or Unicode in another form", "repaired", len(changed), changed)
    dotted = [name for name in names if name.endswith(".0")]
    if dotted and all(_WHOLE.fullmatch(name) for name in names if name not in MISSING):
        ledger.add(f"{what} written as a decimal number", "repaired", len(dotted), (f"{d!r}" for d in dotted))
        names = [name.split(".")[0] for name in names]
    return names


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", _CONTROL.sub("", name)).strip()

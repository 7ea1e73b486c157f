"""Arrow tables from memory, and their many types of text made one."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from tastemaker.core import DataError


def plain_types(table: Any) -> Any:
    """`table` with large and view types as plain ones, and without columns whose name stands twice."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name not in columns:
            kind = _plain(column.type)
            try:
                columns[name] = column if kind == column.type else _cast(column, kind)
            except pa.ArrowException as error:
                raise DataError(f"The column {name!r} of type {column.type} cannot be read: {error}.") from error
    return pa.table(columns)


def _cast(column: Any, kind: Any) -> Any:
    """`column` as `kind`; dictionaries by their values, for Arrow cannot cast all of them as a whole."""
    import pyarrow as pa

    if not pa.types.is_dictionary(kind):
        return column.cast(kind)
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), chunk.dictionary.cast(kind.value_type))
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, kind)


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), _plain(kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    return kind


def to_arrow(frame: Any, what: str) -> Any:
    """A `pyarrow.Table` from pandas, Polars, Arrow, or a mapping of columns.

    Args:
        frame: Anything that speaks the Arrow stream protocol, has `to_arrow`, or maps names to columns.
        what: "interactions", "items" or "users", for messages.

    Raises:
        DataError: `frame` is no table, or its columns are of different lengths.
    """
    import pyarrow as pa

    try:
        if isinstance(frame, pa.Table):
            return plain_types(frame)
        if isinstance(frame, Mapping) or type(frame).__module__.partition(".")[0] == "pandas":
            return plain_types(pa.table({str(name): _array(frame[name]) for name in list(frame)}))
        if getattr(frame, "__arrow_c_stream__", None) is not None:
            return plain_types(pa.table(frame))
        convert = getattr(frame, "to_arrow", None)
        if convert is not None:
            return plain_types(convert())
    except (pa.ArrowException, ValueError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"The {what} cannot be read as a table: {error}.") from error
    raise DataError(
        f"The {what} are a {type(frame).__name__}; expected a table of pandas, Polars or Arrow, or a mapping to columns"
        " of equal length."
    )


def _array(values: Any) -> Any:
    """One column; values of several types become strings."""
    import pyarrow as pa

    if getattr(values, "ndim", 1) != 1:
        raise DataError("A column name stands twice; expected each name once.")
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if _missing(value) else str(value) for value in values], pa.string())


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))

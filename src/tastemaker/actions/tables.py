"""Small tables in and out: ids, pairs, lists; csv, parquet or jsonl by the file's ending."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tastemaker.core import BadSetting, DataError
from tastemaker.core.files import replacing

ENDINGS = (".csv", ".csv.gz", ".parquet", ".jsonl")


def read_columns(path: Path, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The named columns of a table as strings, rows without a value left out; raises `DataError`."""
    import pyarrow as pa
    from pyarrow import compute as pc

    table = read_table(path)
    for name in names:
        if name not in table.column_names:
            raise DataError(f"{path} has no column {name!r}; it has: {', '.join(table.column_names)}.")
    columns = {name: _strings(table[name]) for name in names}
    kept = None
    for column in columns.values():
        there = pc.fill_null(pc.not_equal(column, ""), False)
        kept = there if kept is None else pc.and_(kept, there)
    return {name: pa.chunked_array(column).filter(kept).to_pylist() for name, column in columns.items()}


def read_table(path: Path) -> Any:
    """A whole table as an Arrow table, csv columns as strings; raises `DataError`."""
    import pyarrow as pa
    from pyarrow import csv, json, parquet

    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    try:
        if path.name.endswith(".parquet"):
            return parquet.read_table(path)
        if path.name.endswith(".jsonl"):
            return json.read_json(path)
        header = csv.open_csv(path).schema.names
        every = csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False)
        return csv.read_csv(path, convert_options=every)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a table: {error}.") from error


def _strings(column: Any) -> Any:
    import pyarrow as pa

    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def check_ending(path: Path) -> None:
    """Refuse, before any work, an output file of a kind that cannot be written."""
    if not path.name.endswith((".csv", ".parquet", ".jsonl")):
        raise BadSetting(f"Cannot write {path.name}: its name must end in .csv, .parquet or .jsonl.")


def write_columns(path: Path, columns: dict[str, Any]) -> None:
    """Write columns of equal length, whole or not at all."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    check_ending(path)
    table = pa.table(columns)
    with replacing(path) as temporary:
        if path.name.endswith(".csv"):
            csv.write_csv(table, temporary, csv.WriteOptions(quoting_style="needed"))
        elif path.name.endswith(".parquet"):
            parquet.write_table(table, temporary)
        else:
            import json

            rows = (json.dumps(row, ensure_ascii=False) for row in table.to_pylist())
            temporary.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")

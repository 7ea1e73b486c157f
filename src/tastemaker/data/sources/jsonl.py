"""JSON lines: fast where the lines agree, one by one where they do not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tastemaker.core import DataError
from tastemaker.data.receipt import Ledger, short


def read_jsonl(path: Path, ledger: Ledger) -> Any:
    """A file of one JSON object a line as a `pyarrow.Table`; lines that are none are dropped and told.

    Raises:
        DataError: the file is damaged or has no object.
    """
    import pyarrow as pa
    from pyarrow import json as arrow

    try:
        with pa.input_stream(str(path)) as stream:
            table = arrow.read_json(stream, read_options=arrow.ReadOptions(block_size=1 << 24))
    except (pa.ArrowException, OSError, UnicodeError):
        table = _line_by_line(path, ledger)
    if table.num_rows == 0 or table.num_columns == 0:
        raise DataError(f"{path} has no usable row; expected one JSON object a line.")
    return table


def _line_by_line(path: Path, ledger: Ledger) -> Any:
    rows: list[dict[str, Any]] = []
    bad: list[str] = []
    try:
        with _open(path) as file:
            for number, row in _rows(file):
                if isinstance(row, dict):
                    rows.append(row)
                else:
                    bad.append(f"line {number}: {row}")
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}. Is it cut off or packed in another way?") from error
    ledger.add(f"lines of {path.name} that are no JSON object", "dropped", len(bad), bad)
    if not rows:
        raise DataError(f"{path} has no usable row; expected one JSON object a line.")
    return _table(rows)


def _open(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace")
    return path.open(encoding="utf-8-sig", errors="replace")


def _rows(file: TextIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Objects with their line numbers; where a line is no object, the line."""
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        yield number, value if isinstance(value, dict) else short(line)


def _table(rows: list[dict[str, Any]]) -> Any:
    """Columns that Arrow can type stay as they are, the others become strings."""
    import pyarrow as pa

    columns = {}
    for name in dict.fromkeys(key for row in rows for key in row):
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowException, OverflowError):
            columns[name] = pa.array([_string(value) for value in values])
    return pa.table(columns)


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)

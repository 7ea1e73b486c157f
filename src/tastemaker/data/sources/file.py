"""One table file, whatever its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.receipt import Ledger
from tastemaker.data.sources.arrow import plain_types
from tastemaker.data.sources.csv import read_csv
from tastemaker.data.sources.jsonl import read_jsonl
from tastemaker.data.sources.tables import ENDINGS, ending

Wanted = Callable[[Sequence[str]], Sequence[str]]


def everything(header: Sequence[str]) -> Sequence[str]:
    """Want all columns."""
    return header


def read_table(path: Path, ledger: Ledger, wanted: Wanted = everything) -> Any:
    """A table file as a `pyarrow.Table`; what cannot be used of it is told to `ledger`.

    Args:
        path: A file with one of the known endings; a folder ``*.parquet`` of parts counts as one file.
        ledger: Learns of broken rows, encodings, ...
        wanted: Which of the columns of the header are needed; a hint that saves time.

    Raises:
        DataError: the file is absent, empty, damaged, or no table.
    """
    kind = ending(path)
    if not kind:
        raise DataError(f"{path} cannot be read: its name must end in one of {', '.join(ENDINGS)}.")
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    if kind == ".parquet":
        return read_parquet([path], wanted)
    if not path.is_file():
        raise DataError(f"{path} is no regular file; expected a table.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty; expected a table with a line of column names.")
    if kind.startswith((".jsonl", ".ndjson")):
        return plain_types(read_jsonl(path, ledger))
    return read_csv(path, ledger, wanted)


def read_parquet(paths: Sequence[Path], wanted: Wanted = everything) -> Any:
    """One table from Parquet files (or folders of parts) with the same columns."""
    import pyarrow as pa
    from pyarrow import parquet

    parts = []
    for path in paths:
        try:
            names = _parquet_names(path)
            if not names:
                raise DataError(f"{path} has no columns; expected a Parquet table, or a folder of its parts.")
            columns = list(dict.fromkeys(wanted(names)))
            parts.append(plain_types(parquet.read_table(path, columns=columns, memory_map=False)))
        except DataError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DataError(f"{path} is no Parquet table that can be read: {error}. Write it anew.") from error
    try:
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"The {len(parts)} Parquet files, {paths[0]} ..., do not fit together: {error}.") from error


def _parquet_names(path: Path) -> list[str]:
    from pyarrow import parquet

    names: list[str] = (parquet.ParquetDataset(path) if path.is_dir() else parquet.ParquetFile(path)).schema.names
    if not path.is_dir():
        names = list(parquet.ParquetFile(path).schema_arrow.names)
    return names

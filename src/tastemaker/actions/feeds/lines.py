"""Rows of files: JSON lines, CSV, Parquet. Positions are bytes of the unpacked file, or rows of a Parquet one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from tastemaker.actions.feeds.base import Position, Row
from tastemaker.core import DataError

SIGNS = ",;\t|"  # between the cells of CSV files
BATCH = 5000


def name_of(part: str) -> str:
    """The file's name, without its mark."""
    return part.rpartition("#")[0]


def place_of(part: str, end: int) -> str:
    """Where a row stands that ends before that byte."""
    return f"{name_of(part)}, up to byte {end}"


class Lines:
    """Whole lines behind a byte, and where the last one given ends.

    Args:
        file: Open, seekable.
        start: Byte; 0 where the file has become shorter than that.
        follow: Leave a last line that does not end.
    """

    def __init__(self, file: BinaryIO, start: int, follow: bool) -> None:
        size = file.seek(0, 2)
        self.end = file.seek(start if start <= size else 0)
        self._file, self._follow = file, follow

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            if self._follow and not line.endswith(b"\n"):
                return
            self.end += len(line)
            yield line.decode("utf-8", "replace")


def jsonl(part: str, file: BinaryIO, behind: Position, follow: bool) -> Iterator[Row]:
    """One object a line; blank lines are none."""
    lines = Lines(file, int(behind), follow)
    for line in lines:
        if line.strip("\ufeff \t\r\n"):
            yield _object(part, line, lines.end)


def _object(part: str, line: str, end: int) -> Row:
    place = place_of(part, end)
    try:
        values = json.loads(line.lstrip("\ufeff"))
    except ValueError as error:
        return Row(part, end, place, {}, f"no JSON: {error}")
    if not isinstance(values, dict):
        return Row(part, end, place, {}, f"no JSON object: {line[:40]!r}")
    return Row(part, end, place, values)


def table(part: str, file: BinaryIO, behind: Position, follow: bool) -> Iterator[Row]:
    """CSV with a line of column names; the sign between cells is the one that this line has most of."""
    first = Lines(file, 0, follow)
    head = next(iter(first), "").lstrip("\ufeff")
    sign = max(SIGNS, key=head.count)
    header = next(csv.reader([head], delimiter=sign), [])
    lines = Lines(file, max(int(behind), first.end), follow)
    reader = csv.reader(iter(lines), delimiter=sign, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if follow and "unexpected end" in str(error):
                return
            yield Row(part, lines.end, place_of(part, lines.end), {}, f"no CSV: {error}")
            continue
        if cells:
            yield _cells(part, header, cells, lines.end)


def _cells(part: str, header: list[str], cells: list[str], end: int) -> Row:
    wrong = "" if len(cells) == len(header) else f"{len(cells)} cells under {len(header)} names"
    return Row(part, end, place_of(part, end), dict(zip(header, cells, strict=False)), wrong)


def parquet(part: str, file: Any, behind: Position, follow: bool) -> Iterator[Row]:
    """Groups of rows that are done are not read again; a file that is not whole yet is left where more may come."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        opened = pq.ParquetFile(file)
    except pa.ArrowException as error:
        if follow:
            return
        raise DataError(f"{name_of(part)} is no Parquet file: {error}") from error
    done, group = 0, 0
    while group < opened.num_row_groups and done + opened.metadata.row_group(group).num_rows <= int(behind):
        done += opened.metadata.row_group(group).num_rows
        group += 1
    for batch in opened.iter_batches(BATCH, row_groups=range(group, opened.num_row_groups)):
        for values in batch.to_pylist():
            done += 1
            if done > int(behind):
                yield Row(part, done, f"{name_of(part)}, row {done}", values)

"""CSV files of all kinds: separators, encodings, quotes and broken rows are found out."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.columns import INTERACTIONS, plain
from tastemaker.data.numbers import NO_NUMBER
from tastemaker.data.receipt import Ledger, short

SAMPLE = 1 << 16  # bytes that are looked at to find out the form
BLOCKS = (1 << 20, 1 << 26, 1 << 29)  # a field must fit into a block: larger ones only where needed
LOOKED_AT = 1000  # values of several lines that are checked for rows in them
NOT_UTF8 = "text that is not UTF-8 (read as latin-1)"
_CODES = frozenset(f"{INTERACTIONS['event']} {INTERACTIONS['split']}".split())
_NUMBERS = frozenset(f"{INTERACTIONS['rating']} {INTERACTIONS['timestamp']}".split())


@dataclass(frozen=True)
class Form:
    """How a CSV file is written."""

    header: list[str]
    separator: str
    encoding: str = "utf8"
    quotes: bool = True
    first: int = 1  # lines before the data


@dataclass
class Broken:
    """Rows with another number of fields than the header."""

    rows: list[str] = field(default_factory=list)
    count: int = 0
    several_lines: bool = False

    def skip(self, row: Any) -> str:
        """Remember a broken row and leave it out."""
        self.count += 1
        self.several_lines |= "\n" in (row.text or "").strip()
        if len(self.rows) < 5:
            self.rows.append(f"{row.actual_columns} fields, not {row.expected_columns}: {short(row.text)!r}")
        return "skip"


def read_csv(
    path: Path, ledger: Ledger, wanted: Callable[[Sequence[str]], Sequence[str]], form: Form | None = None
) -> Any:
    """A CSV file as a `pyarrow.Table`.

    Events and parts are dictionary-encoded, ratings and times are numbers where they can be, all else is text.

    Raises:
        DataError: the file is no text, has no rows or cannot be read as a table.
    """
    form = form or look(path, ledger)
    columns = list(dict.fromkeys(wanted(form.header)))
    unused = [name for name in form.header if name not in columns]
    ledger.add(f"columns of {path.name} that have no use here", "ignored", len(unused), unused)
    table = _read(path, form, columns, ledger)
    if table.num_rows == 0:
        raise DataError(f"{path} has a line of column names and no usable row; expected at least one.")
    return table


def look(path: Path, ledger: Ledger) -> Form:
    """Header, separator, encoding and use of quotes of a file."""
    start = _start(path)
    encoding = _encoding(start, path)
    text = start.decode("utf-8-sig" if encoding == "utf8" else encoding, "ignore")
    if "\0" in text[:4096]:
        raise DataError(f"{path} holds NUL bytes, so it is no text table; expected CSV in UTF-8.")
    line = text.lstrip("\n").splitlines()[0] if text.strip() else ""
    if not line.strip():
        raise DataError(f"{path} is empty; expected a table with a line of column names.")
    separator = max(",;\t", key=lambda s: (len(_fields(line, s)), s == ","))
    header = _unique([name.strip() for name in _fields(line, separator)], path, ledger)
    if encoding == "latin-1":
        ledger.add(NOT_UTF8, "repaired", 1, [path.name])
    elif encoding != "utf8":
        ledger.add(f"encoding {encoding}", "noted", 1, [path.name])
    blank = len(text) - len(text.lstrip("\n"))
    return Form(header, separator, encoding, encoding != "utf8" or _has_quotes(path), first=1 + blank)


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=separator))
    except (csv.Error, StopIteration):
        return line.split(separator)


def _start(path: Path) -> bytes:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path)) as stream:
            return bytes(stream.read(SAMPLE))
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error


def _encoding(start: bytes, path: Path) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in start[:4096]:
        raise DataError(f"{path} holds NUL bytes, so it is no text table; expected CSV in UTF-8.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # a character cut at the end is no error
    except UnicodeDecodeError:
        return "latin-1"
    return "utf8"


def _unique(header: list[str], path: Path, ledger: Ledger) -> list[str]:
    """Header without equal names: the second `x` becomes `x (2)`; a column without a name gets a number."""
    seen: dict[str, int] = {}
    names = []
    for number, name in enumerate(header, 1):
        name = name or f"column {number}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    twice = [name for name, count in seen.items() if count > 1]
    ledger.add(
        "columns of one name (the first is taken)",
        "ignored",
        len(twice),
        (f"{path.name}: {n!r}" for n in twice),
    )
    return names


def _has_quotes(path: Path) -> bool:
    """Whether the data of a plain file hold a quote: without any, they are read faster."""
    if path.name.endswith(".gz"):
        return True
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b'"', max(content.find(b"\n"), 0)) >= 0


def _read(path: Path, form: Form, columns: list[str], ledger: Ledger) -> Any:
    """Read, and read again more patiently where the first way fails."""
    import pyarrow as pa

    kinds: dict[str, Any] = _kinds(path, form, columns)
    for _ in range(len(BLOCKS) + 4):
        broken = Broken()
        try:
            table = _once(path, form, kinds, broken)
        except (OSError, UnicodeError) as error:
            raise DataError(f"{path} cannot be read: {error}. Is it cut off or packed in another way?") from error
        except pa.ArrowException as error:
            form, kinds = _cure(str(error), path, form, kinds, ledger)
            continue
        if form.quotes and (broken.several_lines or _swallowed(table, form)):
            form = _without_quotes(path, form, ledger)
            continue
        ledger.add(f"rows of {path.name} with another number of fields", "dropped", broken.count, broken.rows)
        return table
    raise DataError(f"{path} cannot be read as a table; expected CSV in UTF-8 with a line of column names.")


def _swallowed(table: Any, form: Form) -> bool:
    """Whether a quote that is not closed has made several rows one value: its lines look like rows."""
    import pyarrow as pa
    from pyarrow import compute as pc

    for column in table.columns:
        if pa.types.is_string(column.type):
            long = column.filter(pc.greater(pc.count_substring(column, "\n"), 2))
            for value in long.to_pylist()[:LOOKED_AT]:
                lines = value.splitlines()[1:-1]
                like = sum(line.count(form.separator) == len(form.header) - 1 for line in lines)
                if like >= 3 and like > 0.8 * len(lines):
                    return True
    return False


def _cure(message: str, path: Path, form: Form, kinds: dict[str, Any], ledger: Ledger) -> tuple[Form, dict[str, Any]]:
    """Another way to read after Arrow's refusal; raises `DataError` where none is left."""
    import pyarrow as pa

    if "UTF8" in message and form.encoding == "utf8":
        ledger.add(NOT_UTF8, "repaired", 1, [path.name])
        return replace(form, encoding="latin-1"), kinds
    text = {name: pa.string() for name in kinds}
    if "onversion error" in message and kinds != text:
        return form, text
    if "Empty CSV" in message or "skip initial" in message:
        raise DataError(f"{path} has a line of column names and no usable row; expected at least one.")
    if form.quotes and ("straddling" in message or "out of sync" in message):
        return _without_quotes(path, form, ledger), kinds
    raise DataError(f"{path} cannot be read as a table: {message.splitlines()[0]}.")


def _without_quotes(path: Path, form: Form, ledger: Ledger) -> Form:
    ledger.add("quotes that do not match (taken as they stand)", "repaired", 1, [path.name])
    return replace(form, quotes=False)


def _once(path: Path, form: Form, kinds: dict[str, Any], broken: Broken) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow

    parse = arrow.ParseOptions(
        delimiter=form.separator,
        quote_char='"' if form.quotes else False,
        newlines_in_values=form.quotes,
        invalid_row_handler=broken.skip,
    )
    convert = arrow.ConvertOptions(
        column_types=kinds,
        include_columns=list(kinds),
        strings_can_be_null=False,
        null_values=list(NO_NUMBER),
    )
    for block in BLOCKS:
        read = arrow.ReadOptions(
            column_names=form.header, skip_rows=form.first, encoding=form.encoding, block_size=block
        )
        try:
            with pa.input_stream(str(path)) as stream:
                return arrow.read_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block == BLOCKS[-1] or path.stat().st_size < block:
                raise
    raise AssertionError("the last block size returns or raises")


def _kinds(path: Path, form: Form, columns: list[str]) -> dict[str, Any]:
    """Arrow types to read the columns as: numbers only where the start of the file agrees."""
    import pyarrow as pa

    codes = pa.dictionary(pa.int32(), pa.string())
    kinds: dict[str, Any] = {name: codes if plain(name) in _CODES else pa.string() for name in columns}
    if any(plain(name) in _NUMBERS for name in columns):
        sample = _sample(path, form)
        for position, name in enumerate(form.header):
            if name in kinds and plain(name) in _NUMBERS:
                kinds[name] = _number_kind([row[position] for row in sample if len(row) > position])
    return kinds


def _sample(path: Path, form: Form) -> list[list[str]]:
    encoding = form.encoding if form.encoding != "utf8" else "utf-8-sig"
    lines = _start(path).decode(encoding, "ignore").splitlines()[form.first : -1]
    try:
        return list(csv.reader(lines[:500], delimiter=form.separator))
    except csv.Error:
        return []


def _number_kind(values: list[str]) -> Any:
    import pyarrow as pa

    said = [value.strip() for value in values if value.strip() not in NO_NUMBER]
    for kind, parse in ((pa.int64(), int), (pa.float64(), float)):
        try:
            for value in said:
                parse(value)
        except ValueError:
            continue
        return kind if said else pa.string()
    return pa.string()

"""RecBole atomic files: ``.inter``, ``.item``, ``.user`` with ``name:type`` headers.

Source: https://recbole.io/docs/user_guide/data/atomic_files.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.columns import ITEMS, plain
from tastemaker.data.receipt import Ledger
from tastemaker.data.sources.csv import Form, look, read_csv
from tastemaker.data.sources.file import everything
from tastemaker.data.sources.tables import Tables

_TEXT = frozenset(f"{ITEMS['title']} {ITEMS['text']}".split())


def fits(path: Path) -> bool:
    """Whether a folder holds an atomic file of interactions."""
    return any(path.glob("*.inter"))


def read(path: Path, ledger: Ledger) -> Tables:
    """A folder with one ``.inter`` file, or that file; ``.item`` and ``.user`` beside it come too.

    Raises:
        DataError: there are several ``.inter`` files, or one is no table.
    """
    log = path if path.is_file() else only(path, "*.inter")
    items, users = (
        atomic(log.with_suffix(end), ledger) if log.with_suffix(end).is_file() else None for end in (".item", ".user")
    )
    return Tables(str(path), "RecBole", atomic(log, ledger), items, users, root=log.parent)


def only(path: Path, pattern: str) -> Path:
    """The one file of a folder that fits; raises `DataError` where there are several."""
    found = sorted(path.glob(pattern))
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise DataError(f"{path} has {len(found)} files {pattern}: {names}. Name the one to read.")
    return found[0]


def atomic(path: Path, ledger: Ledger) -> Any:
    """One atomic file; sequences of tokens become values joined by ``|``, except in titles and texts."""
    form = look(path, ledger)
    kinds = dict(name.partition(":")[::2] for name in form.header)
    header = [name.partition(":")[0].strip() for name in form.header]
    table = read_csv(path, ledger, everything, Form(header, form.separator, form.encoding, form.quotes, form.first))
    for position, name in enumerate(header):
        if kinds.get(name) == "token_seq" and plain(name) not in _TEXT:
            table = table.set_column(position, name, _joined(table[name]))
        if kinds.get(name) == "float_seq" and not name.endswith("_vector"):
            table = table.rename_columns([f"{n}_vector" if n == name else n for n in table.column_names])
    return table


def _joined(column: Any) -> Any:
    from pyarrow import compute as pc

    return pc.replace_substring_regex(pc.utf8_trim_whitespace(column), r"\s+", "|")

"""MMRec folders: an ``.inter`` file with ``x_label`` (0 train, 1 valid, 2 test) and ``*_feat.npy``.

Source: https://github.com/enoche/MMRec (README, data). Row r of a feature file belongs to item number r.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.receipt import Ledger
from tastemaker.data.sources.csv import look, read_csv
from tastemaker.data.sources.file import everything
from tastemaker.data.sources.recbole import only
from tastemaker.data.sources.tables import Tables, VectorFile

PARTS = {"0": "train", "1": "valid", "2": "test"}


def fits(path: Path) -> bool:
    """Whether a folder holds interactions with the column ``x_label``."""
    files = sorted(path.glob("*.inter"))
    return bool(files) and any(b"x_label" in _first_line(file) for file in files)


def read(path: Path, ledger: Ledger) -> Tables:
    """A folder of MMRec; raises `DataError` where it has several ``.inter`` files."""
    log = only(path, "*.inter")
    form = look(log, ledger)
    table = read_csv(log, ledger, everything, form)
    if "x_label" in table.column_names:
        position = table.column_names.index("x_label")
        table = table.set_column(position, "split", _parts(table["x_label"]))
    vectors = {file.stem.removesuffix("_feat"): _numbered(file) for file in sorted(path.glob("*_feat.npy"))}
    return Tables(str(path), "MMRec", table, root=path, vectors=vectors)


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(4096)


def _parts(column: Any) -> Any:
    import pyarrow as pa

    from tastemaker.data.numbers import flat

    said = flat(column).cast(pa.string()).to_pylist()
    return pa.array([PARTS.get((value or "").strip().removesuffix(".0"), value or "") for value in said], pa.string())


def _numbered(path: Path) -> VectorFile:
    from tastemaker.data.ready import open_vectors

    rows = open_vectors(path)
    if rows.ndim != 2:
        raise DataError(f"{path} has the shape {rows.shape}; expected one vector an item.")
    return VectorFile(path, tuple(str(row) for row in range(len(rows))))

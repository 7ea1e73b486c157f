"""Which form a source has."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path

from tastemaker.core import DataError
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources import folder, mmrec, movielens, parquet, recbole
from tastemaker.data.sources.file import read_table
from tastemaker.data.sources.tables import Tables, ending

Read = Callable[[Path, Ledger], Tables]
_FORMS: tuple[tuple[Callable[[Path], bool], Read], ...] = (
    (movielens.fits, movielens.read),
    (mmrec.fits, mmrec.read),
    (recbole.fits, recbole.read),
)


def tables_of(source: str | Path, settings: DataSettings, ledger: Ledger) -> Tables:
    """Read a source whatever its form; raises `DataError` where it is none."""
    if any(sign in str(source) for sign in "*?[") and not Path(source).exists():
        return parquet.read(str(source), sorted(Path(name) for name in glob.glob(str(source), recursive=True)))
    path = Path(source)
    if not path.exists():
        raise DataError(f"There is no folder or file {path}.")
    if path.is_dir():
        return _folder(path, settings, ledger)
    return _file(path, settings, ledger)


def _folder(path: Path, settings: DataSettings, ledger: Ledger) -> Tables:
    try:
        for fits, read in _FORMS:
            if fits(path):
                return read(path, ledger)
        return folder.read(path, settings, ledger)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _file(path: Path, settings: DataSettings, ledger: Ledger) -> Tables:
    try:
        if path.suffix == ".inter":
            return recbole.read(path, ledger)
        if path.name in movielens.LOGS:
            return movielens.read(path, ledger)
        if not ending(path):
            raise DataError(
                f"{path} cannot be read as interactions: expected a data folder, or a file that ends in .csv, .csv.gz, "
                ".tsv, .parquet, .jsonl or .inter."
            )
        table = read_table(path, ledger, folder.needed("interactions", settings))
        return Tables(str(path), "file", table, root=path.parent)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error

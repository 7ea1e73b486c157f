"""The data folder: ``interactions.*``, ``items.*``, ``users.*``, media and vectors beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tastemaker.core import DataError
from tastemaker.data.columns import TABLES, plain
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources.file import everything, read_table
from tastemaker.data.sources.tables import ENDINGS, Tables, VectorFile

# The first name that a folder has is taken.
NAMES = {
    "interactions": [
        "interactions",
        "ratings",
        "events",
        "reviews",
        "behaviors",
        "behaviours",
        "logs",
        "users_interactions",
    ],
    "items": [
        "items",
        "movies",
        "products",
        "articles",
        "tracks",
        "songs",
        "courses",
        "books",
        "news",
        "catalogue",
        "catalog",
    ],
    "users": ["users", "customers", "people", "members"],
}


def read(path: Path, settings: DataSettings, ledger: Ledger) -> Tables:
    """A data folder; raises `DataError` where it has no interactions, or two tables of one name."""
    files = {table: find(path, table) for table in NAMES}
    log = files["interactions"]
    if log is None:
        raise DataError(
            f"{path} has no interactions: expected interactions.csv, .csv.gz, .parquet or .jsonl with the columns "
            "user_id and item_id, or a MovieLens, RecBole or MMRec folder."
        )
    items, users = (None if file is None else read_table(file, ledger) for file in (files["items"], files["users"]))
    table = read_table(log, ledger, needed("interactions", settings))
    return Tables(str(path), "data folder", table, items, users, path, vector_files(path, ledger))


def find(path: Path, table: str) -> Path | None:
    """The file of a table in a folder, or None; raises `DataError` where two have its name."""
    for name in NAMES[table]:
        found = [path / f"{name}{e}" for e in ENDINGS if (path / f"{name}{e}").exists()]
        if len(found) > 1:
            names = " and ".join(file.name for file in found)
            raise DataError(f"{path} has {names}; expected one table of {table}. Move the other away.")
        if found:
            return found[0]
    return None


def needed(table: str, settings: DataSettings) -> Callable[[Sequence[str]], Sequence[str]]:
    """Which columns of a table are worth reading: those that could have a role."""
    known = {name for usual in TABLES[table].values() for name in usual.split()} | {plain(r) for r in TABLES[table]}
    own = {*settings.columns.values()}

    def choose(header: Sequence[str]) -> Sequence[str]:
        chosen = [name for name in header if name in own or plain(name) in known]
        return chosen or everything(header)

    return choose


def vector_files(path: Path, ledger: Ledger) -> dict[str, VectorFile]:
    """Ready-made vectors: each ``NAME.npy`` with its ``NAME.ids``, one id a line."""
    found = {}
    for file in sorted(path.glob("*.npy")):
        ids = file.with_suffix(".ids")
        if not ids.is_file():
            ledger.add("vectors without a file of ids", "ignored", 1, [f"{file.name} needs {ids.name}"])
            continue
        try:
            lines = ids.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{ids} cannot be read: {error}; expected one item id a line in UTF-8.") from error
        found[file.stem] = VectorFile(file, tuple(line.strip() for line in lines))
    return found

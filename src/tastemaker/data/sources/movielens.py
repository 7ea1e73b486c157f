"""MovieLens as GroupLens hands it out: ml-100k (``u.data``), ml-1m and 10m (``.dat``), ml-latest and 20-32m (``.csv``).

Source: https://files.grouplens.org/datasets/movielens/ (the README of each archive).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.receipt import Ledger
from tastemaker.data.sources.csv import Form, read_csv
from tastemaker.data.sources.file import everything, read_table
from tastemaker.data.sources.tables import Tables

LOGS = ("u.data", "ratings.dat")
GENRES = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]
_LOG = ["user_id", "item_id", "rating", "timestamp"]
# The README of ml-1m, USERS FILE DESCRIPTION.
_JOBS = [
    "other",
    "academic/educator",
    "artist",
    "clerical/admin",
    "college/grad student",
    "customer service",
    "doctor/health care",
    "executive/managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "programmer",
    "retired",
    "sales/marketing",
    "scientist",
    "self-employed",
    "technician/engineer",
    "tradesman/craftsman",
    "unemployed",
    "writer",
]


def fits(path: Path) -> bool:
    """Whether a folder holds MovieLens files."""
    return any((path / log).is_file() for log in LOGS) or all(
        (path / f"{n}.csv").is_file() for n in ("ratings", "movies")
    )


def read(path: Path, ledger: Ledger) -> Tables:
    """A MovieLens folder, or its ratings file alone."""
    folder = path if path.is_dir() else path.parent
    alone = path.is_file()
    if (folder / "u.data").is_file() and path.name != "ratings.dat":
        return _ml100k(folder, ledger, alone)
    if (folder / "ratings.dat").is_file():
        return _dat(folder, ledger, alone)
    items = read_table(folder / "movies.csv", ledger)
    return Tables(str(path), "MovieLens", read_table(folder / "ratings.csv", ledger), _tagged(items), root=folder)


def _ml100k(folder: Path, ledger: Ledger, alone: bool) -> Tables:
    log = read_csv(folder / "u.data", ledger, everything, Form(_LOG, "\t", quotes=False, first=0))
    items, users = folder / "u.item", folder / "u.user"
    return Tables(
        str(folder),
        "MovieLens 100K",
        log,
        _flagged(_lines(items, "|", "latin-1", 5 + len(GENRES))) if items.is_file() and not alone else None,
        _people(_lines(users, "|", "latin-1", 5)) if users.is_file() and not alone else None,
        root=folder,
    )


def _dat(folder: Path, ledger: Ledger, alone: bool) -> Tables:
    """Ratings apart by ``::`` are read as a table with an empty column between the others."""
    header = ["user_id", "1", "item_id", "2", "rating", "3", "timestamp"]
    log = read_csv(folder / "ratings.dat", ledger, lambda _: _LOG, Form(header, ":", quotes=False, first=0))
    items, users = folder / "movies.dat", folder / "users.dat"
    return Tables(
        str(folder),
        "MovieLens .dat",
        log,
        _movies(_lines(items, "::", "latin-1", 3)) if items.is_file() and not alone else None,
        _members(_lines(users, "::", "latin-1", 5)) if users.is_file() and not alone else None,
        root=folder,
    )


def _lines(path: Path, separator: str, encoding: str, fields: int) -> list[list[str]]:
    """Fields of each line; ml-10m is UTF-8, the others latin-1."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode(encoding)
    rows = [line.split(separator) for line in text.splitlines() if line.strip()]
    wrong = next((row for row in rows if len(row) < fields), None)
    if wrong is not None:
        raise DataError(
            f"{path} has a line of {len(wrong)} fields, {wrong!r}; expected {fields} apart by {separator!r}."
        )
    return rows


def _table(rows: Sequence[Sequence[str]], names: str) -> Any:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names.split()]
    return pa.table({n: pa.array(values, pa.string()) for n, values in zip(names.split(), columns, strict=True)})


def _flagged(rows: list[list[str]]) -> Any:
    made = []
    for row in rows:
        genres = [genre for genre, flag in zip(GENRES, row[5:], strict=False) if flag == "1" and genre != "unknown"]
        made.append((row[0], row[1], "|".join(genres), _year(row[1])))
    return _table(made, "item_id title category year")


def _movies(rows: list[list[str]]) -> Any:
    made = [(row[0], "::".join(row[1:-1]), _genres(row[-1]), _year(row[1])) for row in rows]
    return _table(made, "item_id title category year")


def _people(rows: list[list[str]]) -> Any:
    return _table([row[:5] for row in rows], "user_id age gender occupation zip_code")


def _members(rows: list[list[str]]) -> Any:
    made = [(row[0], row[1], row[2], _job(row[3]), row[4]) for row in rows]
    return _table(made, "user_id gender age occupation zip_code")


def _job(code: str) -> str:
    return _JOBS[int(code)] if code.isdecimal() and int(code) < len(_JOBS) else code


def _year(title: str) -> str:
    found = re.search(r"\((\d{4})\)\s*$", title)
    return found[1] if found else ""


def _genres(text: str) -> str:
    return "" if text == "(no genres listed)" else text


def _tagged(items: Any) -> Any:
    """Items of the CSV form with their year."""
    import pyarrow as pa

    if not {"title", "genres"} <= set(items.column_names):
        return items
    genres = pa.array([_genres(text or "") for text in items["genres"].to_pylist()], pa.string())
    items = items.set_column(items.column_names.index("genres"), "genres", genres)
    return items.append_column("year", pa.array([_year(t or "") for t in items["title"].to_pylist()], pa.string()))

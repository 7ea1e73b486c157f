"""``media.csv``: which file of the data folder holds what an address gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tastemaker.core import DataError
from tastemaker.core.files import write_text

NAME = "media.csv"
FOLDER = "media"


@dataclass(frozen=True)
class Entry:
    """One fetched file.

    Attributes:
        url: The address as the user's table has it.
        file: Path relative to the data folder.
        bytes: Size.
        sha256: Hash of the content.
        etag: What the server calls this version; "" where it does not say.
        last_modified: When the server says that it changed; "" where it does not.
    """

    url: str
    file: str
    bytes: int
    sha256: str
    etag: str = ""
    last_modified: str = ""

    def here(self, root: Path) -> bool:
        """Whether the file is there in its size."""
        path = root / self.file
        return path.is_file() and path.stat().st_size == self.bytes


HEAD = [field.name for field in fields(Entry)]


def read_book(root: Path) -> dict[str, Entry]:
    """Entries by address; none where there is no book. Raises `DataError` where ``media.csv`` is something else."""
    path = root / NAME
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        made = [_entry(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(
            f"{path} is not what `tastemaker media pull` writes (columns {', '.join(HEAD)}). Move it away."
        ) from error
    return {entry.url: entry for entry in made}


def _entry(row: Mapping[str, str]) -> Entry:
    texts = {name: row[name] for name in HEAD if name != "bytes"}
    if None in texts.values():
        raise ValueError("a row is too short")
    return Entry(bytes=int(row["bytes"]), **texts)


def files_by_url(root: Path) -> dict[str, str]:
    """File, relative to `root`, of each fetched address."""
    return {url: entry.file for url, entry in read_book(root).items()}


def write_book(root: Path, entries: Mapping[str, Entry]) -> None:
    """Write all entries by address, whole or not at all."""
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, HEAD, lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(entries[url]) for url in sorted(entries))
    write_text(root / NAME, out.getvalue())

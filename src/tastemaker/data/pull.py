"""Public data sets that anyone can get: ``tastemaker data list`` and ``tastemaker data pull``."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tastemaker.core import DataError, Run, UnknownName, fingerprints
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.places import home
from tastemaker.data.public import movielens

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class PublicSet:
    """A data set that can be pulled.

    Attributes:
        name: What to ask for.
        size: Of the download, in words.
        what: What it holds.
        terms: What may be done with it.
        present: Whether it lies in the data folder of this user, whole.
    """

    name: str
    size: str
    what: str
    terms: str
    present: bool


def known() -> list[PublicSet]:
    """All data sets that can be pulled, and which are here."""
    what = "100,000 ratings of 1,682 films by 943 users; titles, years, genres; age, gender, occupation, zip code"
    name = "movielens-100k"
    here = not damaged(place(name))
    return [PublicSet(name, "5 MB", what, "research only, no redistribution (GroupLens)", here)]


def place(name: str) -> Path:
    """Where the data set `name` goes unless another folder is named."""
    return home() / "data" / name


def pull(name: str, *, to: Path | None = None, run: Run | None = None) -> Path:
    """Fetch the data set `name` unless it is there whole already, and return its folder.

    Args:
        name: One of `known`.
        to: Where to; None takes the data folder of this user. A folder with something else in it is refused.
        run: Hears what is fetched from where.

    Raises:
        UnknownName: No data set is called so.
        DataError: Out of reach, not what its hash says, or `to` holds something else.
    """
    names = [entry.name for entry in known()]
    if name not in names:
        raise UnknownName("data set", name, names)
    folder, say = (to or place(name)).absolute(), (run or Run()).say
    wrong = damaged(folder)
    if not wrong:
        return folder
    _refuse_strangers(folder)
    say(f"Fetching {name} into {folder}.")
    with tempfile.TemporaryDirectory(prefix="tastemaker-") as work:
        tables, origin = movielens.fetch(Path(work), say)
    _write(folder, name, tables, origin)
    return folder


def damaged(folder: Path) -> list[str]:
    """Files of a pulled folder that are missing or not what they were; its manifest, where that is missing."""
    try:
        files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
        return [name for name, sha256 in files.items() if not _is(folder / name, sha256)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [MANIFEST]


def _is(file: Path, sha256: str) -> bool:
    return file.is_file() and fingerprints.of_file(file) == sha256


def _refuse_strangers(folder: Path) -> None:
    """A folder with files but without our manifest is somebody's work."""
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} is there already and was not pulled. Name another folder, or empty this one.")


def _write(folder: Path, name: str, tables: movielens.Tables, origin: str) -> None:
    """A new folder at once; into a damaged one file by file, so that what the user added stays."""
    if not folder.exists() or not any(folder.iterdir()):
        with replacing_folder(folder) as part:
            _fill(part, name, tables, origin)
        return
    with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=folder.parent) as temporary:
        part = Path(temporary)
        _fill(part, name, tables, origin)
        for file in sorted(part.iterdir(), key=lambda file: file.name == MANIFEST):  # the manifest last
            file.replace(folder / file.name)


def _fill(part: Path, name: str, tables: movielens.Tables, origin: str) -> None:
    movielens.write(part, tables, origin)
    files = {file.name: fingerprints.of_file(file) for file in sorted(part.iterdir())}
    write_json(part / MANIFEST, {"format": FORMAT, "name": name, "origin": origin, "files": files})

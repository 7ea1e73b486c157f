"""Data folders on object storage: what is needed of them is copied into a folder of this machine, and read from there.

A copy carries the version of what it is a copy of (ETag or time of change, and size) as its own time of change, so no
book has to be kept beside it: what has the right size and time is not fetched again, whoever was stopped when.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tastemaker.core import DataError, MissingExtra, Run, ServiceError
from tastemaker.core.files import replacing, write_text
from tastemaker.core.places import home
from tastemaker.data.dataset import Dataset, Modality
from tastemaker.data.paths import inside
from tastemaker.data.remote.book import NAME as BOOK
from tastemaker.data.settings import NAME as SETTINGS
from tastemaker.data.sources.folder import NAMES
from tastemaker.data.sources.tables import ending

PACKAGES = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "http": "aiohttp",
    "https": "aiohttp",
    "webhdfs": "requests",
    "memory": "fsspec",
}
PARTS = (".npy", ".ids", ".inter", ".item", ".user", ".data", ".dat")  # of sources that are not CSV and the like
VERSION = ("ETag", "etag", "LastModified", "last_modified", "mtime", "updated", "modificationTime", "created")
TRIES = 3
WORKERS = 8
MEDIA = 200 << 20  # bytes; larger media would be refused when they are opened
ROOM = 0.9  # share of the free disk that copies may take
_ADDRESS = re.compile(rf"({'|'.join(PACKAGES)})://", re.IGNORECASE)
_Stored = tuple[Any, str, Mapping[str, Any], Path]  # file system, name there, what it says about it, place here


def is_address(source: object) -> bool:
    """Whether a source lies on object storage, such as ``s3://bucket/shop``."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


@dataclass(frozen=True)
class _Place:
    """A folder over there and its copy."""

    address: str
    storage: Any
    path: str
    folder: Path

    def listed(self, below: str = "") -> dict[str, Mapping[str, Any]]:
        """What the storage says about each name in a folder below; nothing where there is none."""
        where = f"{self.path}/{below}" if below else self.path
        try:
            found = _patient(lambda: self.storage.ls(where, detail=True), self.address)
        except FileNotFoundError:
            return {}
        named = {str(entry["name"]).rstrip("/"): entry for entry in found}
        return {name.rpartition("/")[2]: entry for name, entry in named.items() if name != where}  # a file lists itself


def mirror(address: str, run: Run | None = None) -> Path:
    """Copy the tables of a data folder, or one table, from object storage; what has not changed stays as it is.

    Media are left where they are until something reads them, see `bring`. Tables that went over there go here, too.

    Args:
        address: ``s3://``, ``gs://``, ``az://``, ``abfs://``, ``http(s)://`` or ``webhdfs://`` and the rest. Who asks
            is told by the environment as the storage's own tools want it, never by the address.
        run: Hears what is fetched.

    Returns:
        The copy, in the cache folder of this user.

    Raises:
        MissingExtra: The package for this kind of storage is not installed.
        DataError: Nothing to read is there, or it has no room here.
        ServiceError: The storage does not answer, or refuses.
    """
    run = run or Run()
    whole = _place(address)
    place, wanted = whole, _tables(whole)
    if not wanted and "/" in whole.path.strip("/"):  # a file by its own name
        place = _place(whole.address.rpartition("/")[0])
        name = whole.path.rpartition("/")[2]
        wanted = {one: entry for one, entry in _tables(place).items() if one in (name, SETTINGS)}
        wanted = wanted if name in wanted else {}
    if not wanted:
        raise DataError(f"There is no data folder and no table at {address}, or it may not be listed.")
    _fetch(place, wanted, run)
    if place is whole:
        _forget(place.folder, wanted)
        return place.folder
    return place.folder / name


def bring(data: Dataset, modality: Modality, run: Run) -> None:
    """Fetch the media of one modality that the items name, where `data` was read from object storage.

    Files that are not there, or are too large to be opened, stay away: whoever opens them reports it.

    Raises:
        DataError: They have no room here.
        ServiceError: The storage does not answer, or refuses.
    """
    root = data.root
    if root is None or not root.is_relative_to(_copies()):
        return
    place = _place((root.parent / "address").read_text(encoding="utf-8"))
    named = (Path(path) for paths in data.content.get(modality, ()) for path in paths)
    names = (PurePosixPath(path.relative_to(root)) for path in named)
    by_folder: dict[str, set[str]] = {}
    for name in names:
        by_folder.setdefault("" if len(name.parts) == 1 else str(name.parent), set()).add(name.name)
    wanted = {}
    for below, files in run.progress(sorted(by_folder.items()), f"list {modality}"):
        there = place.listed(below)
        for file in files & there.keys():
            if (there[file].get("size") or 0) <= MEDIA:
                wanted[f"{below}/{file}" if below else file] = there[file]
    _fetch(place, wanted, run)


def _copies() -> Path:
    return home() / "cloud"


def _place(address: str) -> _Place:
    """Open a storage; raises `DataError` for addresses that hold who asks or are not understood."""
    address = address.rstrip("/")
    scheme, _, rest = address.partition("://")
    if "@" in rest.partition("/")[0] or "?" in rest or "::" in address:
        raise DataError(
            f"{scheme}:// and a user, a query or several addresses in one are not taken. Say who asks by the "
            "environment, such as AWS_PROFILE or AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS or AZURE_STORAGE_..."
        )
    try:
        from fsspec.core import url_to_fs

        storage, path = url_to_fs(address)
    except ImportError as error:
        missing = "fsspec" if error.name == "fsspec" else PACKAGES[scheme.lower()]
        raise MissingExtra(missing, "cloud") from error
    except Exception as error:  # each storage has its own
        raise _unanswered(address, error) from error
    mark = hashlib.sha256(address.encode()).hexdigest()[:16]
    folder = _copies() / mark / (PurePosixPath(path).name or "data")
    return _Place(address, storage, str(path).rstrip("/"), folder)


def _tables(place: _Place) -> dict[str, Mapping[str, Any]]:
    """What a reader may want of a folder, by name relative to it; parts of Parquet tables among it."""
    place.storage.invalidate_cache()
    found: dict[str, Mapping[str, Any]] = {}
    for name, entry in place.listed().items():
        if not _wanted(name):
            continue
        if entry.get("type") == "directory":
            parts = place.listed(name).items() if name.endswith(".parquet") else ()
            found |= {f"{name}/{part}": about for part, about in parts if about.get("type") != "directory"}
        else:
            found[name] = entry
    return found


def _wanted(name: str) -> bool:
    stem = name[: -len(ending(Path(name)))].lower() if ending(Path(name)) else ""
    return name in (SETTINGS, BOOK) or name.lower().endswith(PARTS) or any(stem in names for names in NAMES.values())


def _forget(folder: Path, kept: Iterable[str]) -> None:
    """Remove copies of tables that are no longer over there."""
    for path in [*folder.iterdir(), *folder.glob("*.parquet/*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink(missing_ok=True)
    for path in folder.glob("*.parquet"):
        with suppress(OSError):  # files, and folders with something in them, stay
            path.rmdir()


def _fetch(place: _Place, wanted: Mapping[str, Mapping[str, Any]], run: Run) -> None:
    """Copy the named files whose version is not here."""
    write_text(place.folder.parent / "address", place.address)
    jobs: list[_Stored] = []
    for name, entry in wanted.items():
        with suppress(DataError):  # a name that leads out of the folder is none of a file
            path = inside(place.folder, name)
            if not _here(path, entry):
                jobs.append((place.storage, str(entry["name"]), entry, path))
    size = sum(int(entry.get("size") or 0) for _, _, entry, _ in jobs)
    _refuse_too_much(place, size)
    if not jobs:
        return
    run.say(
        f"{place.address}: {len(jobs):,} files to fetch, {size / 1e6:,.1f} MB; {len(wanted) - len(jobs):,} are here"
    )
    with ThreadPoolExecutor(WORKERS, "cloud") as pool:
        waiting = [pool.submit(_copy, job, place.address) for job in jobs]
        try:
            for future in run.progress(waiting, "fetch", len(waiting)):
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _refuse_too_much(place: _Place, size: int) -> None:
    free = shutil.disk_usage(place.folder.parent).free
    if size > ROOM * free:
        raise DataError(
            f"{place.address} has {size / 1e9:,.1f} GB to fetch, but only {free / 1e9:,.1f} GB are free at "
            f"{_copies()}. Make room, or let TASTEMAKER_HOME name a folder on a larger disk."
        )


def _copy(job: _Stored, address: str) -> None:
    storage, name, entry, path = job
    with replacing(path) as part:
        try:
            _patient(lambda: storage.get_file(name, str(part)), address)
        except FileNotFoundError as error:
            raise ServiceError(f"{address}: {path.name} went away while it was fetched; try again.") from error
        if (size := entry.get("size")) is not None and part.stat().st_size != size:
            raise ServiceError(
                f"{address}: {path.name} came with {part.stat().st_size:,} bytes, not {size:,}; try again."
            )
        os.utime(part, (time.time(), _version(entry)))


def _here(path: Path, entry: Mapping[str, Any]) -> bool:
    """Whether the copy is of this version; what has none, and no size, is never."""
    try:
        state = path.stat()
    except OSError:
        return False
    size = entry.get("size")
    return size is not None and state.st_size == size and int(state.st_mtime) == _version(entry)


def _version(entry: Mapping[str, Any]) -> int:
    """A time of change, seconds since 1970, that stands for what the storage calls this version."""
    said = next((str(entry[name]) for name in VERSION if entry.get(name)), "")
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:4], "big") >> 1


def _patient(ask: Callable[[], Any], address: str) -> Any:
    """What a storage answers, asked again where it stumbles; raises `ServiceError` where that does not help."""
    for turn in range(TRIES):
        try:
            return ask()
        except FileNotFoundError:
            raise
        except Exception as error:  # each storage has its own
            if turn + 1 == TRIES or isinstance(error, PermissionError):
                raise _unanswered(address, error) from error
            time.sleep(2.0**turn / 4)
    raise AssertionError("there is at least one try")


def _unanswered(address: str, error: Exception) -> ServiceError:
    """What went wrong, without addresses in it: they may be signed."""
    said = re.sub(r"\S+://\S+|\S*[?&=]\S{8,}", "...", (str(error).splitlines() or [""])[0])[:200]
    return ServiceError(f"{address} does not answer as it should: {type(error).__name__}: {said}")

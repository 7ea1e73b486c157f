"""What weights there are, which are here, and whether they still are what they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tastemaker.core import WeightsError, fingerprints
from tastemaker.features.weights import find, hub
from tastemaker.features.weights.carriers import CARRIERS, Carrier, carrier
from tastemaker.features.weights.pulling import MANIFEST


@dataclass(frozen=True)
class Entry:
    """One line of ``tastemaker weights list``.

    Attributes:
        name: Name of the carrier, or the address on the hub.
        purpose: What the weights are for.
        megabytes: Size of the download, 10^6 bytes.
        licence: Licence of the weights.
        folder: Where they lie; None if they are not here.
        cure: How to get them.
    """

    name: str
    purpose: str
    megabytes: float
    licence: str
    folder: Path | None
    cure: str


def known() -> list[Entry]:
    """All pinned carriers and all pulled hub models, here or not."""
    pinned = [Entry(c.name, c.purpose, c.megabytes, c.licence, _where(c), find.cure(c)) for c in CARRIERS.values()]
    return pinned + [_hub_entry(place) for place in sorted(find.store().glob("hub--*")) if place.is_dir()]


def verify(names: Sequence[str] = ()) -> list[tuple[str, bool, str]]:
    """Hash weights again and compare with the pins and with what was written down when they were pulled.

    Args:
        names: Carriers or ``hub:`` addresses; none means all that are here.

    Returns:
        (name, whether all is well, what was found) for each.
    """
    wanted = names or [entry.name for entry in known() if entry.folder]
    return [(name, *_check(name)) for name in wanted]


def _check(name: str) -> tuple[bool, str]:
    try:
        return _check_hub(name) if name.startswith(hub.PREFIX) else _check_pinned(carrier(name))
    except WeightsError as error:
        return False, str(error)


def _check_hub(name: str) -> tuple[bool, str]:
    return _check_manifest(hub.folder(name, find.store()))


def _check_pinned(one: Carrier) -> tuple[bool, str]:
    place = find.folder(one.name)
    if fingerprints.of_file(place / one.main) != one.main_sha256:
        return False, f"{place / one.main} is not the pinned file. {_again(place)}"
    if (place / MANIFEST).is_file():
        return _check_manifest(place)
    return True, f"{place}: pinned file as expected"


def _check_manifest(place: Path) -> tuple[bool, str]:
    try:
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        rows = {str(name): str(row["sha256"]) for name, row in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False, f"{place / MANIFEST} cannot be read. {_again(place)}"
    for name, sha256 in rows.items():
        file = place / name
        if not file.is_file() or fingerprints.of_file(file) != sha256:
            return False, f"{file} is missing or changed. {_again(place)}"
    return True, f"{place}: {len(rows)} files as pulled"


def _again(place: Path) -> str:
    return f"Delete {place} and pull again."


def _where(one: Carrier) -> Path | None:
    return next((place for place in find.places_of(one) if (place / one.main).is_file()), None)


def _hub_entry(place: Path) -> Entry:
    org, name = place.name.removeprefix("hub--").split("--", 1)
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    text = f"hub:{org}/{name}"
    cure = f"Try: tastemaker weights pull {text}"
    return Entry(text, "from the Hugging Face hub", size / 1e6, "see its README.md", place, cure)

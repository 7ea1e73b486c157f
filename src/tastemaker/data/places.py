"""Places as a hierarchy: levels from coarse to fine, joined by ``/``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tastemaker.data.columns import plain

LEVELS = ("country", "region", "state", "city")
"""Columns that together make one place, such as ``BR/SP``."""

POSTAL = ("zip", "zipcode", "postcode", "postalcode")
OTHER = ("place", "location")
_UNKNOWN = frozenset(("", "?", "-", "unknown", "none", "n/a"))


def is_place(name: str) -> bool:
    """Whether a column of users is a place by its name."""
    return plain(name) in (*LEVELS, *POSTAL, *OTHER)


def postal(code: str) -> str:
    """First sign, first three signs and all of a postal code: ``8/857/85711``; of a US ZIP+4 the first five digits.

    The first digit of a US code is a group of states, the first three a sorting centre.
    """
    code = re.sub(r"[\s-]+", "", code.upper())
    if re.fullmatch(r"\d{9}", code):
        code = code[:5]
    if code.lower() in _UNKNOWN:
        return ""
    return "/".join(dict.fromkeys((code[:1], code[:3], code)))


def path(levels: Sequence[str]) -> str:
    """Levels from coarse to fine as one place; it ends before the first that is unknown."""
    known = []
    for level in levels:
        if level.strip().lower() in _UNKNOWN:
            break
        known.append(level.strip().replace("/", "-"))
    return "/".join(known)


def places(columns: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Place attributes from columns of texts that are places.

    Country, region, state and city become one attribute "place" where there are two of them or more; postal codes
    and others keep their name.
    """
    made: dict[str, list[str]] = {}
    levels = sorted((name for name in columns if plain(name) in LEVELS), key=lambda name: LEVELS.index(plain(name)))
    if levels:
        name = levels[0] if len(levels) == 1 else "place"
        made[name] = [path(row) for row in zip(*(columns[level] for level in levels), strict=True)]
    for name, values in columns.items():
        if plain(name) in POSTAL:
            made[name] = [postal(value) for value in values]
        elif name not in levels:
            made[name if name not in made else f"{name} (2)"] = [
                "/".join(path([part]) for part in re.split(r"\s*[/,]\s*", value) if path([part])) for value in values
            ]
    return made

"""`init`: look at a source, say what was understood, and write the settings that say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tastemaker.data.build import Reading
from tastemaker.data.columns import TABLES
from tastemaker.data.read import read
from tastemaker.data.receipt import Receipt, when
from tastemaker.data.settings import DataSettings


def init(source: str | Path) -> tuple[str, list[str]]:
    """Settings as TOML for the ``[data]`` of a source, and in words what was understood.

    The settings read the source as the defaults do: they are there to be looked at and changed.

    Returns:
        The text of a ``tastemaker.toml``, and lines for people.

    Raises:
        DataError: the source cannot be read.
    """
    reading = read(source, DataSettings())
    return _toml(reading), _lines(reading)


def _toml(reading: Reading) -> str:
    receipt, settings = reading.receipt, DataSettings()
    lines = [
        f"# How tastemaker reads {receipt.source}: {receipt.kind}.",
        "# Lines with # are the defaults or examples; `tastemaker read` shows what a change does.",
        "",
        "[data]",
        f'repeats = "{settings.repeats}"  # several rows of one user and item: merge, last, first or all',
        f"core = {settings.core}  # keep users and items with at least so many interactions; 0 keeps all",
        f"near_duplicates = {_value(settings.near_duplicates)}  # flag items that are nearly the same",
        *_of_ratings(receipt),
        "# ignore = []  # columns that are no attributes",
        "# categories = []  # columns of numbers that are codes",
        "# places = []  # more columns that are places",
    ]
    return "\n".join([*lines, *_columns(receipt), *_events(receipt)]) + "\n"


def _of_ratings(receipt: Receipt) -> list[str]:
    if receipt.ratings is None:
        return []
    low, _, high = receipt.ratings
    return [
        f"# positive_from = {high - (high - low) / 4:g}  # ratings from here on are positive; without it all above 0",
        f"# rating_range = [{low:g}, {high:g}]  # rows with other ratings are dropped",
    ]


def _columns(receipt: Receipt) -> list[str]:
    """Our names and theirs, each once; ids of the items' and users' tables only where they are called the same."""
    names: dict[str, str] = {}
    for table in TABLES:
        for ours, theirs in receipt.columns.get(table, {}).items():
            names.setdefault(ours, theirs)
    return ["", "[data.columns]  # our name = theirs", *_pairs(names)]


def _events(receipt: Receipt) -> list[str]:
    weights = {event.name: event.weight for event in receipt.events if event.name}
    if not weights:
        return []
    return ["", "[data.events]  # weight of an event: 0 is neutral, below 0 negative feedback", *_pairs(weights)]


def _pairs(values: Mapping[str, str | float]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in values.items()]


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _value(name)


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(float(value))


def _lines(reading: Reading) -> list[str]:
    receipt, data = reading.receipt, reading.data
    after = receipt.after
    lines = [
        f"{receipt.source}: {receipt.kind}",
        f"{after.rows:,} interactions of {after.users:,} users with {after.items:,} items",
    ]
    for table, names in receipt.columns.items():
        known = (ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in names.items())
        lines.append(f"columns of {table}: {', '.join(known)}")
    lines += [_clock(receipt), *_feedback(receipt), *_content(receipt)]
    if data.split is not None:
        lines.append(f"split: the column says it ({', '.join(sorted(map(str, set(data.split))))})")
    told = len(receipt.rules)
    return [*lines, *([f"cleaning: {told} rules met something; `tastemaker read` shows them"] if told else [])]


def _clock(receipt: Receipt) -> str:
    if receipt.clock == "none":
        return "clock: none"
    meaning = {"time": "clock times", "positions": "positions: an order without a clock"}[receipt.clock]
    return f"clock: {meaning}, {when(receipt.first, receipt.clock)} to {when(receipt.last, receipt.clock)}"


def _feedback(receipt: Receipt) -> list[str]:
    lines = ["feedback: {:,} positive, {:,} neutral, {:,} negative".format(*receipt.signs)]
    if receipt.ratings:
        lines.append("ratings: {:g} to {:g}, middle {:g}".format(*(receipt.ratings[i] for i in (0, 2, 1))))
    events = (f"{e.name or '(none)'} {e.rows:,} (weight {e.weight:g})" for e in receipt.events)
    return [*lines, *([f"events: {', '.join(events)}"] if receipt.events else [])]


def _content(receipt: Receipt) -> list[str]:
    lines = [
        f"{name}: {share.items:.1%} of the items, {share.interactions:.1%} of the interactions"
        for name, share in receipt.shares.items()
        if share.items > 0
    ] or ["content: none"]
    for whose, kinds in receipt.attributes.items():
        if kinds:
            lines.append(f"attributes of {whose}: {', '.join(f'{name} ({kind})' for name, kind in kinds.items())}")
    return lines

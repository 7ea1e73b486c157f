"""Splitters from the command line, and the one that suits a data set."""

from __future__ import annotations

from typing import Any

from tastemaker.core import BadSetting
from tastemaker.data.catalog import SPLITTERS
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Splitter


def parse(text: str, seed: int = 0) -> Splitter:
    """The splitter that `text` names: "time", "last", "last:2", "random", ..., "files:DIR".

    Args:
        text: A name of the catalog; `last` may be followed by ``:N``, `files` must be by ``:DIR``.
        seed: Goes to the splitters that draw.

    Raises:
        UnknownName: no splitter is called so.
        BadSetting: what stands behind the colon is not understood.
    """
    name, colon, argument = text.strip().partition(":")
    spec: dict[str, Any] = {"name": name, **_argument(name, argument, bool(colon))}
    if "seed" in getattr(SPLITTERS.get(name), "__dataclass_fields__", {}):
        spec["seed"] = seed
    return SPLITTERS.build(spec)


def _argument(name: str, argument: str, colon: bool) -> dict[str, Any]:
    if name == "files":
        if not argument:
            raise BadSetting("The split 'files' needs its folder, such as files:splits/a with train.csv and test.csv.")
        return {"folder": argument}
    if name == "last" and colon:
        if not argument.isdecimal():
            raise BadSetting(f"The split 'last:N' needs a number of events such as last:2 (got {argument!r}).")
        return {"n": int(argument)}
    if colon:
        raise BadSetting(f"The split {name!r} takes nothing behind a colon (got {argument!r}).")
    return {}


def default(data: Dataset, seed: int = 0) -> Splitter:
    """`given` where the column is there, `time` with clock times, `last` with positions, else `random`."""
    if data.split is not None:
        return parse("given", seed)
    return parse({"time": "time", "positions": "last", "none": "random"}[data.clock], seed)

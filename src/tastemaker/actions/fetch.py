"""Fetching and making things: public data, worlds, weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tastemaker.core import BadSetting, Run


@dataclass(frozen=True)
class Table:
    """Rows of named cells, as an answer."""

    rows: tuple[dict[str, Any], ...]

    def text(self) -> str:
        """Columns in line, for the terminal."""
        if not self.rows:
            return "nothing"
        heads = list(self.rows[0])
        cells = [heads, *([str(row[h]) for h in heads] for row in self.rows)]
        widths = [max(len(line[n]) for line in cells) for n in range(len(heads))]
        lines = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)
        return "\n".join(lines)

    def to_json(self) -> Any:
        """A list of objects."""
        return list(self.rows)


@dataclass(frozen=True)
class DataRequest:
    """`list`, `pull` a public set, or `make` a world."""

    verb: str
    name: str | None = None
    out: Path | None = None
    settings: Sequence[str] = ()
    run: Run = field(default_factory=Run)


def data(request: DataRequest) -> Table:
    """List public sets, pull one, or generate a world."""
    verbs: dict[str, Callable[[DataRequest], Table]] = {"list": _list, "pull": _pull, "make": _make}
    return verbs[request.verb](request)


def _list(request: DataRequest) -> Table:
    from tastemaker.data.pull import known

    return Table(tuple(known_row(entry) for entry in known()))


def known_row(entry: Any) -> dict[str, Any]:
    """One line of `data list` or `weights list`; paths and flags as words."""
    from dataclasses import asdict

    return {key: _word(value) for key, value in asdict(entry).items()}


def _word(value: Any) -> Any:
    if value is None:
        return ""
    return (
        {True: "yes", False: "no"}[value]
        if isinstance(value, bool)
        else str(value)
        if isinstance(value, Path)
        else value
    )


def _pull(request: DataRequest) -> Table:
    from tastemaker.data.pull import pull

    if request.name is None:
        raise BadSetting("Say which: `tastemaker data list` names what can be pulled.")
    folder = pull(request.name, to=request.out, run=request.run)
    return Table(({"name": request.name, "folder": str(folder)},))


def _make(request: DataRequest) -> Table:
    from tastemaker.core.places import home
    from tastemaker.data.worlds import make_world, parse_settings

    if request.name != "world":
        raise BadSetting(f"Only `world` can be made (got {request.name!r}): tastemaker data make world --out DIR")
    out = request.out or home() / "data" / f"world-{request.run.seed}"
    summary = make_world(out, parse_settings(request.settings, request.run.seed), run=request.run)
    return Table(({"name": "world", "folder": str(out), **known_row(summary)},))


@dataclass(frozen=True)
class WeightsRequest:
    """`list`, `pull` or `verify`, all or the named ones."""

    verb: str
    names: Sequence[str] = ()
    run: Run = field(default_factory=Run)


def weights(request: WeightsRequest) -> Table:
    """List, pull or verify pretrained weights."""
    from tastemaker.features import weights as store

    if request.verb == "list":
        return Table(tuple(known_row(entry) for entry in store.known()))
    if request.verb == "pull":
        pulled = store.pull(list(request.names), say=request.run.say, bars=request.run.bars)
        return Table(tuple(known_row(entry) for entry in pulled))
    return Table(
        tuple({"name": n, "ok": "yes" if ok else "NO", "detail": d} for n, ok, d in store.verify(list(request.names)))
    )

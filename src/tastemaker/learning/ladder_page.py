"""The ladder of encoders as one HTML page, and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tastemaker.evaluation import tables
from tastemaker.evaluation.figures import card
from tastemaker.evaluation.page import grid, page, section, tiles
from tastemaker.evaluation.plots import Mark, bars
from tastemaker.evaluation.scatter import Axis, Point, scatter
from tastemaker.evaluation.svg import tag, words
from tastemaker.learning.cost import WATTS
from tastemaker.learning.ladder import Rung

ABOUT = (
    "Each encoder's vectors are the only content that the model has. NDCG of the test users with 95 % intervals; the "
    "change is paired, against the first. Seconds, energy and memory are of encoding on this machine, decoding "
    f"included, measured on a sample and scaled to 1,000 items; Wh at {WATTS:g} W a busy core is an estimate."
)
HEAD = ("encoder", "reads", "width", "NDCG", "change", "s for 1,000", "Wh for 1,000", "MB")


def render(title: str, facts: Mapping[str, Any], rungs: Sequence[Rung], failed: Mapping[str, str]) -> str:
    """The page as text; everything in it is escaped."""
    head = tag("h1", words(title)) + tiles((name, tables.shown(value)) for name, value in facts.items())
    rows = [[tag("td", words(cell)) for cell in _cells(rung)] for rung in rungs]
    body = [tag("p", words(ABOUT), class_="note"), tables.table(HEAD, rows), grid([_bought(rungs), _bars(rungs)])]
    notes = "".join(tag("p", words(f"{name} was not tried: {why}")) for name, why in failed.items())
    return page(title, head + "".join(section("What a larger encoder buys", body)) + notes)


def text(rungs: Sequence[Rung]) -> str:
    """One line an encoder."""
    rows = [list(HEAD), *(_cells(rung) for rung in rungs)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows)


def _cells(rung: Rung) -> list[str]:
    change = f"{rung.change.mean:+.4f} [{rung.change.low:+.4f}, {rung.change.high:+.4f}]" if rung.change else ""
    costs = [f"{rung.seconds:.2f}", f"{rung.energy:.4f}", f"{rung.memory:.0f}"]
    return [rung.name, rung.source, str(rung.dim), rung.ndcg.text, change, *costs]


def _bought(rungs: Sequence[Rung]) -> str:
    front = [r for r in rungs if not any(o.seconds <= r.seconds and o.ndcg.mean > r.ndcg.mean for o in rungs)]
    points = [Point(r.name, r.seconds, r.ndcg.mean, r in front) for r in rungs]
    chart = scatter(points, Axis("seconds for 1,000 items", log=True), Axis("NDCG"), "NDCG and seconds of each encoder")
    return card("What it buys and what it costs", chart)


def _bars(rungs: Sequence[Rung]) -> str:
    marks = [Mark(r.name, r.ndcg.mean, r.ndcg.low, r.ndcg.high) for r in rungs]
    return card("NDCG", bars(marks, "NDCG of each encoder"))

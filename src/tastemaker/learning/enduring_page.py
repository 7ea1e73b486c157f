"""Curves of harm as one HTML page, and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tastemaker.evaluation import tables
from tastemaker.evaluation.figures import card, legend
from tastemaker.evaluation.page import grid, page, section, tiles
from tastemaker.evaluation.plots import Series, lines
from tastemaker.evaluation.svg import tag, words
from tastemaker.learning.enduring import Curve, Dose

ABOUT = (
    "NDCG of the test users after training on data with a dose of harm; the test itself is whole. Brackets are 95 % "
    "intervals over users; the change is paired, against no harm on the same users. A larger dose takes what a smaller "
    "one took, and more. Models have the settings they were given: nothing is tuned anew."
)
SOURCES = (
    "NDCG with the vectors of all sources, without each, and with each alone; behaviour stays. The change is paired, "
    "against all together."
)
TOGETHER = "all sources together"
PUSHED, SHORT = "pushed", "short"


def render(title: str, facts: Mapping[str, Any], curves: Sequence[Curve], failed: Mapping[str, str]) -> str:
    """The page as text; everything in it is escaped."""
    head = tag("h1", words(title)) + tiles((name, tables.shown(value)) for name, value in facts.items())
    absent, curves = _apart(curves)
    told = section("What each source gives", [tag("p", words(SOURCES), class_="note"), _sources(absent)])
    charts = section("Curves", [tag("p", words(ABOUT), class_="note"), grid(_charts(curves))])
    table = section("Figures", [_table(curves)])
    notes = "".join(tag("p", words(f"{name} did not run: {why}")) for name, why in failed.items())
    body = [*(told if absent else ()), *(charts if curves else ()), *(table if curves else ())]
    return page(title, head + "".join(body) + notes)


def _apart(curves: Sequence[Curve]) -> tuple[list[Curve], list[Curve]]:
    """Those of sources that are there or not, and those with doses."""
    return [c for c in curves if c.whole], [c for c in curves if not c.whole]


def text(curves: Sequence[Curve]) -> str:
    """One line a dose; first, one line a source that is gone or alone."""
    out = []
    absent, curves = _apart(curves)
    for model, rows in _by_model(absent):
        out.append(f"{model}: what each source gives")
        out += [f"  {said:<{len(TOGETHER)}}  {_figures(dose)}" for said, dose in rows]
    for curve in curves:
        out.append(f"{curve.model}: {curve.said} ({curve.unit})")
        for dose in curve.doses:
            aim = f"  pushed item in {dose.pushed:.1%} of the lists" if curve.harm == PUSHED else ""
            out.append(f"  {dose.dose:>5g}  {_figures(dose)}{aim}")
    return "\n".join(out)


def _figures(dose: Dose) -> str:
    return f"{dose.ndcg.text}  {dose.kept:5.0%}  {_change(dose)}".rstrip()


def _change(dose: Dose) -> str:
    return f"{dose.change.mean:+.4f} [{dose.change.low:+.4f}, {dose.change.high:+.4f}]" if dose.change else ""


def _by_model(absent: Sequence[Curve]) -> Iterator[tuple[str, list[tuple[str, Dose]]]]:
    """For each model all sources together, then without each, then each alone."""
    for model in dict.fromkeys(curve.model for curve in absent):
        mine = sorted((c for c in absent if c.model == model), key=lambda c: c.harm.startswith("alone"))
        yield model, [(TOGETHER, mine[0].doses[0]), *((c.said, c.doses[-1]) for c in mine)]


def _sources(absent: Sequence[Curve]) -> str:
    rows = [
        [model, said, dose.ndcg.text, f"{dose.kept:.0%}", _change(dose)]
        for model, found in _by_model(absent)
        for said, dose in found
    ]
    return tables.table(
        ["model", "sources", "NDCG", "kept", "change"], [[tag("td", words(c)) for c in r] for r in rows]
    )


def _charts(curves: Sequence[Curve]) -> Iterator[str]:
    for name in dict.fromkeys(curve.harm for curve in curves):
        mine = [curve for curve in curves if curve.harm == name]
        first = mine[0]
        every = [part for at, curve in enumerate(mine) for part in _drawn(curve, at)]
        chart = lines(every, f"NDCG with {first.said}", first.unit, whole=True)
        yield card(first.said.capitalize(), chart, keys=legend([c.model for c in mine], dashed="95 % interval"))


def _drawn(curve: Curve, at: int) -> Iterator[Series]:
    """The figures and the ends of their intervals; where the dose without harm has no place, a level line."""
    doses = [d for d in curve.doses if d.dose > 0 or curve.harm != SHORT]
    x = tuple(d.dose for d in doses)
    yield Series(curve.model, x=x, y=tuple(d.ndcg.mean for d in doses), colour=at)
    for end in ("low", "high"):
        yield Series(f"{curve.model}, {end}", x=x, y=tuple(getattr(d.ndcg, end) for d in doses), dashed=True)
    if len(doses) < len(curve.doses):
        yield Series(f"{curve.model}, all events", x=(x[0], x[-1]), y=(curve.doses[0].ndcg.mean,) * 2, colour=at)


def _table(curves: Sequence[Curve]) -> str:
    rows = [_row(curve, dose) for curve in curves for dose in curve.doses]
    return tables.table(["harm", "model", "dose", "NDCG", "kept", "change", "lists with the pushed item"], rows)


def _row(curve: Curve, dose: Dose) -> list[str]:
    cells = [curve.said, curve.model, f"{dose.dose:g}", dose.ndcg.text, f"{dose.kept:.0%}", _change(dose)]
    cells.append(f"{dose.pushed:.1%}" if curve.harm == PUSHED else "")
    return [tag("td", words(cell)) for cell in cells]

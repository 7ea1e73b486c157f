"""A leaderboard as one HTML page, in the look of the report pages."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tastemaker.evaluation import tables
from tastemaker.evaluation.figures import METRICS as SHOWN
from tastemaker.evaluation.figures import card, named
from tastemaker.evaluation.page import folded, grid, page, section, tiles
from tastemaker.evaluation.plots import Mark, bars
from tastemaker.evaluation.scatter import Axis, Point, scatter
from tastemaker.evaluation.significance import Difference
from tastemaker.evaluation.svg import number, tag, tick, words
from tastemaker.learning.board import Board, Entry, pareto
from tastemaker.learning.cells import COSTS, METRICS, Column, best, kept, settings
from tastemaker.learning.cost import WATTS

KINDS = {"better": "good", "worse": "bad", "not different": "soft"}
ABOUT = (
    "Values are means over the seeds; small numbers are 95 % intervals from resampling the test users. Bold is the "
    "highest value where higher is plainly better. Every model had the same tuning, on the validation alone, and was "
    "then shown the test once a seed."
)
ABOUT_COSTS = (
    "Overlap of seeds is the mean share of a list that two training seeds have in common: 1 where training draws "
    f"nothing. Wh is an estimate: processor seconds of tuning, fits and lists at {WATTS:g} W a busy core. Memory is "
    "the highest of the whole process meanwhile, data included."
)
ABOUT_TESTS = (
    "Differences are paired: the same users are resampled for both. p is corrected for the number of models (Holm); "
    "the verdict follows the corrected p at 0.05. Another split would give other figures."
)
ABOUT_STRESS = (
    "Guests are the test users asked as strangers who bring their last five events alone. Half of the items without "
    "a modality: its vectors are taken away in training and answering. First seed."
)


def render(board: Board) -> str:
    """The page as text; everything in it is escaped."""
    sections = (_head, _models, _differences, _fronts, _parts, _settings, _failed)
    return page(board.title, "".join(part for each in sections for part in each(board)))


def _head(board: Board) -> Iterator[str]:
    yield tag("h1", words(board.title))
    seeds = f"{len(board.seeds)} training seed{'s' if len(board.seeds) > 1 else ''}"
    yield tag(
        "p", words(f"{len(board.entries)} models, lists of {board.k}, {seeds}; each {board.limits}."), class_="soft"
    )
    yield tiles((name, tables.shown(value)) for name, value in board.facts.items())


def _models(board: Board) -> Iterator[str]:
    if not board.entries:
        return
    notes = "".join(tag("p", words(note)) for note in board.notes)
    charts = grid(card(named(metric), chart) for metric in SHOWN if (chart := _bars(board, metric)))
    about = [tag("p", words(text), class_="note") for text in (ABOUT, ABOUT_COSTS)]
    glossary = folded("What the metrics are", tables.glossary(board.reports))
    parts = [_table(board, METRICS), about[0], _table(board, COSTS), about[1], notes, glossary, charts]
    yield from section("Models", parts)


def _table(board: Board, columns: list[Column]) -> str:
    columns = kept(columns, board.entries)
    heads = [named(c.head) if c in METRICS else c.head for c in columns]
    tops = [best(column, board.entries) for column in columns]
    rows = [
        [_name(entry, board), *(_cell(entry, c, top) for c, top in zip(columns, tops, strict=True))]
        for entry in board.entries
    ]
    return tables.table([f"at {board.k}", *heads], rows) + tag("p", "")


def _name(entry: Entry, board: Board) -> str:
    under = "baseline" if entry.name == board.baseline else entry.family
    return tag("th", words(entry.name) + (tag("small", words(under)) if under else ""), scope="row")


def _cell(entry: Entry, column: Column, top: float) -> str:
    found = entry.report.measures.get(column.head)
    if found is not None:
        return tables.cell(found, best=found.mean == top)
    return tag("td", words(column.text(entry)))


def _bars(board: Board, metric: str) -> str:
    found = [(entry.name, entry.report.measures.get(metric)) for entry in board.entries]
    marks = [Mark(name, m.mean, m.low, m.high) for name, m in found if m is not None and math.isfinite(m.mean)]
    return bars(marks, f"{named(metric)} of each model", one_colour=True) if marks else ""


def _differences(board: Board) -> Iterator[str]:
    said = tag("p", words(ABOUT_TESTS), class_="note")
    parts = [_test_table(board, metric, found) for metric, found in board.differences.items() if found]
    if parts:
        title = f"Against {board.baseline}, the best simple model by validation"
        yield from section(title, [*parts[:1], said, *(folded("Other metrics", "".join(parts[1:])),) * bool(parts[1:])])


def _test_table(board: Board, metric: str, found: tuple[Difference, ...]) -> str:
    rows = [
        [
            tag("th", words(d.name), scope="row"),
            tag("td", f"{d.mean:+.4f}"),
            tag("td", f"{d.low:+.4f} to {d.high:+.4f}"),
            tag("td", f"{d.p:.4f}"),
            tag("td", f"{d.holm:.4f}"),
            tag("td", tag("b", d.verdict, class_=KINDS[d.verdict])),
        ]
        for d in found
    ]
    return tables.table([f"less {board.baseline}", named(metric), "95 % interval", "p", "p (Holm)", ""], rows)


def _fronts(board: Board) -> Iterator[str]:
    ways = (
        ("Accuracy and coverage", Axis("share of the catalogue that is listed"), METRICS[len(METRICS) - 7], 1),
        ("Accuracy and time of an answer", Axis("milliseconds a list", log=True), COSTS[2], -1),
        ("Accuracy and time to learn", Axis("seconds of one fit", log=True), COSTS[1], -1),
    )
    charts = (card(title, chart) for title, axis, column, sign in ways if (chart := _front(board, axis, column, sign)))
    note = "Blue points are beaten by no other model in both directions."
    yield from section("Trade-offs", [tag("p", note, class_="note"), grid(charts)] if board.entries else [])


def _front(board: Board, axis: Axis, column: Column, sign: int) -> str:
    there = [e for e in board.entries if math.isfinite(column.of(e))]
    if not there:
        return ""
    front = pareto([(sign * column.of(e), e.report["ndcg"]) for e in there])
    points = [Point(e.name, column.of(e), e.report["ndcg"], at in front) for at, e in enumerate(there)]
    return scatter(points, axis, Axis("NDCG", say=tick), f"NDCG against {axis.name}")


def _parts(board: Board) -> Iterator[str]:
    if not board.entries:
        return
    cuts = tables.slices(board.reports)
    yield from section(
        "For whom, and with less known", [_stress(board), folded("By part of the users", cuts) if cuts else ""]
    )


def _stress(board: Board) -> str:
    kinds = list(dict.fromkeys(what for entry in board.entries for what in entry.stress))
    if not kinds:
        return ""
    rows = [
        [
            tag("th", words(entry.name), scope="row"),
            tables.cell(entry.report.measures["ndcg"]),
            *(tables.cell(entry.stress[what].measures["ndcg"] if what in entry.stress else None) for what in kinds),
        ]
        for entry in board.entries
    ]
    return tables.table(["NDCG", "all known", *kinds], rows) + tag("p", words(ABOUT_STRESS), class_="note")


def _settings(board: Board) -> Iterator[str]:
    rows = [
        [
            tag("th", words(e.name), scope="row"),
            tag("td", number(e.default)),
            tag("td", number(e.validation)),
            tag("td", f"{e.trials:,}"),
            tag("td", words(settings(e)), class_="left"),
        ]
        for e in board.entries
    ]
    whole = folded("All settings", tables.values({e.name: e.spec for e in board.entries}))
    parts = [tables.table(["validation NDCG", "default", "chosen", "trials", "settings"], rows), whole] if rows else []
    yield from section("Chosen settings", [*parts, tag("p", tag("code", words(board.command)), class_="note")])


def _failed(board: Board) -> Iterator[str]:
    rows = [
        [tag("th", words(name), scope="row"), tag("td", words(f"not run: {reason}"), class_="left")]
        for name, reason in board.failed.items()
    ]
    yield from section("Not run", [tables.table(["model", "why"], rows, text=True)] if rows else [])

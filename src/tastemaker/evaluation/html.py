"""Report pages: one HTML file that asks for nothing outside itself, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.core import BadSetting
from tastemaker.core.files import write_json, write_text
from tastemaker.evaluation import figures, tables
from tastemaker.evaluation.document import ReportDocument
from tastemaker.evaluation.page import folded, grid, page, section, tiles
from tastemaker.evaluation.svg import tag, words

ABOUT_INTERVALS = (
    "Small numbers are 95 % intervals from resampling the users. They say how much the value depends on "
    "which users were tested, and nothing of another split or training seed. Coverage, Gini and entropy are "
    "of all lists together and have none. Bold is the best value where higher is plainly better."
)


def write_report(folder: Path, document: ReportDocument) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.json`` into `folder`, each whole or not at all; their paths."""
    html, plain = folder / "report.html", folder / "report.json"
    write_json(plain, document.to_json())
    write_text(html, render(document))
    return html, plain


def render(document: ReportDocument) -> str:
    """The page as text; everything in it is escaped. Raises `BadSetting` without a report."""
    if not document.reports:
        raise BadSetting("A report page needs at least one measured model.")
    sections = (_head, _models, _beyond, _parts, _content, _samples, _details)
    main = "".join(part for section in sections for part in section(document))
    return page(document.title, main)


def _head(document: ReportDocument) -> Iterator[str]:
    report = document.reports[0]
    yield tag("h1", words(document.title))
    yield tag("p", words(_sentence(document)), class_="soft")
    every = {
        **document.summary,
        "test users": report.facts["users"],
        "right answers": report.facts["answers"],
    }
    small = {name: value for name, value in every.items() if not isinstance(value, dict | list | tuple)}
    yield tiles((name, tables.shown(value)) for name, value in small.items())


def _sentence(document: ReportDocument) -> str:
    report = document.reports[0]
    said = f"The model {report.name} gave each of {report.facts['users']:,} test users a list of {report.k}."
    if "hit" in report.measures:
        said += f" {100 * report['hit']:.0f} % of the lists hold at least one item that the user then took."
    return said


def _models(document: ReportDocument) -> Iterator[str]:
    about = tag("p", ABOUT_INTERVALS, class_="note")
    compared = tag("ul", "".join(tables.comparisons(document))) if document.comparisons else ""
    notes = "".join(tag("p", words(note)) for note in document.notes)
    rated = "".join(_rated(document))
    charts = grid(figures.metric_charts(document.reports))
    words_of = folded("What the metrics are", tables.glossary(document.reports))
    parts = [tables.models(document.reports), about, compared, notes, rated, words_of, charts]
    yield from section("Models", parts)


def _rated(document: ReportDocument) -> Iterator[str]:
    names = list(dict.fromkeys(name for report in document.ratings for name in report.measures))
    if not names:
        return
    head = ["predicted ratings", "pairs", *(figures.named(name) for name in names)]
    rows = [
        [
            tag("th", words(r.name), scope="row"),
            tag("td", f"{r.n:,}"),
            *(tables.cell(r.measures.get(n)) for n in names),
        ]
        for r in document.ratings
    ]
    yield tables.table(head, rows)


def _beyond(document: ReportDocument) -> Iterator[str]:
    reports = document.reports
    charts = (
        figures.recall_chart(reports),
        figures.exposure_chart(reports),
        figures.popularity_chart(reports),
    )
    yield from section("How deep, how wide", [grid(charts)])


def _parts(document: ReportDocument) -> Iterator[str]:
    cuts, gaps = tables.slices(document.reports), tables.gaps(document.reports[0])
    parts = [
        grid(figures.group_charts(document.reports)),
        tag("p", words(_cold(document)), class_="note"),
        folded("By part of the users", cuts) if cuts else "",
        folded(f"Gaps between groups of users, {document.reports[0].name}", gaps) if gaps else "",
    ]
    yield from section("For whom", parts)


def _cold(document: ReportDocument) -> str:
    facts = document.reports[0].facts
    places = max(facts["listed"], 1)
    tied = facts.get("tied_lists", 0)
    told = f" In {tied:,} lists item numbers chose the last places, among items of one score." if tied else ""
    return (
        f"{facts['cold_users']:,} of {facts['users']:,} test users have no history; "
        f"{facts['users_without_list']:,} got no list. {facts['cold_answers']:,} of {facts['answers']:,} "
        "right answers are items that training does not know, as are "
        f"{100 * facts['cold_listed'] / places:.1f} % of the places in the lists.{told}"
    )


def _content(document: ReportDocument) -> Iterator[str]:
    charts = grid([*figures.content_charts(document), figures.loss_chart(document)])
    bad = folded(f"Media that could not be read: {len(document.broken):,}", tables.broken(document))
    yield from section("Content and training", [charts, bad if document.broken else ""])


def _samples(document: ReportDocument) -> Iterator[str]:
    cards = "".join(map(tables.sample, document.samples))
    yield from section("A few users", [tag("div", cards, class_="grid users")] if cards else [])


def _details(document: ReportDocument) -> Iterator[str]:
    nested = {name: value for name, value in document.summary.items() if isinstance(value, dict | list | tuple)}
    seconds = {name: f"{value:.1f} s" for name, value in document.seconds.items()}
    every = {"What was read": nested, "Settings": document.settings, "Time": seconds, "Files": document.files}
    yield from section("Details", [folded(n, tables.values(v)) for n, v in every.items() if v])

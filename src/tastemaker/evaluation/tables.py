"""The tables and lists of a report page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tastemaker.evaluation.catalog import EXPOSURE_METRICS, METRICS
from tastemaker.evaluation.document import ReportDocument, SampleUser
from tastemaker.evaluation.figures import named
from tastemaker.evaluation.measured import Measured
from tastemaker.evaluation.report import Report, Slice
from tastemaker.evaluation.svg import number, tag, words

HIGHER = ("precision", "recall", "f1", "hit", "ndcg", "map", "mrr", "serendipity")  # the rest are trade-offs
GAPS = ("ndcg", "recall", "coverage", "novelty", "calibration", "popularity_lift")
BROKEN = 50


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: bool = False) -> str:
    """A table that scrolls sideways where the page is narrow; cells are markup, the head is text.

    With `text` all columns begin at the left, else numbers stand one below the other at the right.
    """
    top = tag("tr", "".join(tag("th", words(name), scope="col") for name in head))
    body = "".join(tag("tr", "".join(row)) for row in rows)
    return tag("div", tag("table", tag("thead", top) + tag("tbody", body)), class_="wide text" if text else "wide")


def cell(measured: Measured | None, *, best: bool = False) -> str:
    """A value with its interval below it."""
    if measured is None or not math.isfinite(measured.mean):
        return tag("td", "–")
    value = number(measured.mean)
    there = math.isfinite(measured.low)
    ends = tag("small", f"{number(measured.low)} to {number(measured.high)}") if there else ""
    return tag("td", (tag("b", value) if best else value) + ends)


def models(reports: Sequence[Report]) -> str:
    """One line a metric, one column a model; the best value is bold where higher is plainly better."""
    known = [n for r in reports for n in r.measures if math.isfinite(r.measures[n].mean)]
    rows = [_metric_row(metric, reports) for metric in _ordered(dict.fromkeys(known))]
    return table([f"at {reports[0].k}", *(r.name for r in reports)], rows)


def _ordered(metrics: Iterable[str]) -> list[str]:
    first = ["ndcg", "recall", "hit", "precision", "f1", "map", "mrr"]
    return sorted(metrics, key=lambda name: (first.index(name) if name in first else len(first), name))


def _metric_row(metric: str, reports: Sequence[Report]) -> list[str]:
    found = [r.measures.get(metric) for r in reports]
    values = [m.mean for m in found if m is not None and math.isfinite(m.mean)]
    best = max(values) if metric.partition("@")[0] in HIGHER and len(found) > 1 else math.nan
    cells = [cell(m, best=m is not None and m.mean == best) for m in found]
    return [tag("th", words(named(metric)), scope="row"), *cells]


def comparisons(document: ReportDocument) -> Iterator[str]:
    """A sentence for each compared model."""
    for found in document.comparisons:
        metric = "ndcg" if "ndcg" in found.differences else next(iter(found.differences), None)
        if metric is None:
            continue
        d = found[metric]
        verdict, kind = (
            ("higher", "good") if d.low > 0 else ("lower", "bad") if d.high < 0 else ("not different", "soft")
        )
        ends = f"{named(metric)} {d.mean:+.4f} a user, 95 % interval {d.low:+.4f} to {d.high:+.4f}: "
        yield tag("li", words(f"{found.a} against {found.b}: {ends}") + tag("b", words(verdict), class_=kind))


def slices(reports: Sequence[Report]) -> str:
    """NDCG (or recall) of each model by part of the users."""
    metric = next((m for m in ("ndcg", "recall", "hit") if m in reports[0].measures), None)
    parts = [s for s in reports[0].slices if metric in s.measures]
    if metric is None or not parts:
        return ""
    rows = [
        [tag("th", words(_part(part)), scope="row"), tag("td", f"{part.n:,}"), *_cells(part, reports, metric)]
        for part in parts
    ]
    return table([f"{named(metric)} at {reports[0].k}", "users", *(r.name for r in reports)], rows)


def _part(part: Slice) -> str:
    by = {
        "history": f"history of {part.group} items",
        "user": f"{part.group} users",
        "answers": f"answers: {part.group}",
    }
    return by.get(part.by, f"{part.by}: {part.group}")


def _cells(part: Slice, reports: Sequence[Report], metric: str) -> Iterator[str]:
    for report in reports:
        same = (s for s in report.slices if (s.by, s.group) == (part.by, part.group))
        found = next(same, None)
        yield cell(found.measures.get(metric) if found else None)


def gaps(report: Report) -> str:
    """How far apart groups of users are, of the chosen model."""
    rows = [
        [
            tag("th", words(gap.by), scope="row"),
            tag("td", words(named(gap.metric))),
            tag("td", words(gap.highest)),
            tag("td", words(gap.lowest)),
            cell(Measured(gap.difference, gap.low, gap.high, 0)),
        ]
        for gap in report.gaps
        if gap.metric in GAPS
    ]
    return table(["attribute", "metric", "highest", "lowest", "difference"], rows, text=True) if rows else ""


def glossary(reports: Sequence[Report]) -> str:
    """What each metric of the table is, in the words of its documentation."""
    terms = []
    for name in dict.fromkeys(n.partition("@")[0] for r in reports for n in r.measures):
        catalog: Any = next((c for c in (METRICS, EXPOSURE_METRICS) if name in c.names()), None)
        if catalog is not None:
            said = (catalog.get(name).__doc__ or "").replace("``", "").replace("`", "")
            terms.append(tag("dt", words(named(name))) + tag("dd", words(_paragraphs(said))))
    return tag("dl", "".join(terms))


def _paragraphs(said: str) -> str:
    kept = said.split("Attributes:")[0].split("Source:")[0]
    return " ".join(kept.split())


def sample(user: SampleUser) -> str:
    """One user: what he liked, what he is recommended and why."""
    liked = "".join(tag("li", words(title)) for title in user.liked) or tag("li", "nothing yet")
    listed = "".join(
        tag("li", words(title) + (tag("small", words(reasons)) if reasons else "")) for title, reasons in user.listed
    )
    left = tag("div", tag("h4", "liked, newest first") + tag("ul", liked))
    right = tag("div", tag("h4", "recommended") + tag("ol", listed or tag("li", "nothing")))
    return tag("div", tag("h3", words(user.user)) + tag("div", left + right, class_="user"), class_="card")


def broken(document: ReportDocument) -> str:
    """Media that could not be read."""
    rows = [
        [
            tag("td", words(item)),
            tag("td", words(file), class_="left"),
            tag("td", words(reason), class_="left"),
        ]
        for item, file, reason in document.broken[:BROKEN]
    ]
    more = len(document.broken) - len(rows)
    rest = tag("p", f"and {more:,} more in report.json", class_="note") if more > 0 else ""
    return table(["item", "file", "reason"], rows, text=True) + rest


def values(flat: Mapping[str, Any]) -> str:
    """Labels and values; nested ones by their path."""
    pairs = (tag("dt", words(name)) + tag("dd", words(value)) for name, value in _flat(flat, ""))
    return tag("dl", "".join(pairs))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _flat(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
        for place, part in enumerate(value):
            yield from _flat(part, f"{path}.{place + 1}")
    else:
        yield path, shown(value)


def shown(value: Any) -> str:
    """A value for people."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value) if abs(value) >= 1e-4 or value == 0 else f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(part) for part in value) or "none"
    return str(value) if value != {} else "none"

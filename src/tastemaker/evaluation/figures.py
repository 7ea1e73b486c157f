"""The charts of a report page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.evaluation.document import ReportDocument
from tastemaker.evaluation.measured import Measured
from tastemaker.evaluation.plots import Mark, Series, bars, columns, lines
from tastemaker.evaluation.report import Report, Slice
from tastemaker.evaluation.svg import percent, series, short, tag, words

METRICS = ("ndcg", "recall", "hit", "coverage", "diversity", "novelty")
TENTHS = 10
POINTS = 60  # of an exposure curve
LOSSES = 8  # curves in one chart
CUTS = 3  # charts of groups

NAMES = {name: name.upper() for name in ("ndcg", "map", "mrr", "f1", "rmse", "mae", "auc")}
NAMES |= {"hit": "Hit rate", "diversity": "Diversity in a list"}


def named(metric: str) -> str:
    """A metric's name for people."""
    return NAMES.get(metric, metric.replace("_", " ").capitalize())


def card(title: str, chart: str, note: str = "", keys: str = "") -> str:
    """One chart with its title, a sentence and a legend."""
    said = tag("p", words(note), class_="note") if note else ""
    return tag("div", tag("h3", words(title)) + said + keys + chart, class_="card")


def legend(names: Sequence[str], dashed: str = "", grey: str = "") -> str:
    """Names of the series beside their colours; none for a single series."""
    keys = [(series(at), name) for at, name in enumerate(names)]
    keys += [("dashed", dashed)] if dashed else []
    keys += [("s0", grey)] if grey else []
    if len(keys) < 2:
        return ""
    return tag("div", "".join(tag("span", tag("i", class_=c) + words(name)) for c, name in keys), class_="legend")


def _mark(name: str, measured: Measured | None) -> Mark:
    if measured is None:
        return Mark(name, math.nan)
    return Mark(name, measured.mean, measured.low, measured.high)


def metric_charts(reports: Sequence[Report]) -> Iterator[str]:
    """Bars of each main metric, one a model."""
    for metric in METRICS:
        marks = [_mark(r.name, r.measures.get(metric)) for r in reports]
        if any(math.isfinite(mark.value) for mark in marks):
            yield card(f"{named(metric)} at {reports[0].k}", bars(marks, f"{named(metric)} of each model"))


def recall_chart(reports: Sequence[Report]) -> str:
    """Recall against the length of the list."""
    known = [r for r in reports if np.isfinite(r.curve).any()]
    if not known:
        return ""
    every = [_line(r.name, np.arange(1, len(r.curve) + 1), r.curve) for r in known]
    chart = lines(every, "Recall at each length of the list", "places of the list")
    return card("Recall by length of list", chart, keys=legend([r.name for r in known]))


def _line(name: str, x: NDArray[Any], y: NDArray[np.float64]) -> Series:
    return Series(name, x=tuple(map(float, x)), y=tuple(map(float, y)))


def exposure_chart(reports: Sequence[Report]) -> str:
    """Lorenz curves: which share of all places the most listed items take."""
    every = [_lorenz(r.name, r.exposure) for r in reports if r.exposure.sum()]
    if not every:
        return ""
    equal = Series("all items alike", x=(0.0, 1.0), y=(0.0, 1.0), dashed=True)
    chart = lines([*every, equal], "Exposure curve", "share of the catalogue, least listed first", percent, percent)
    return card(
        "Exposure",
        chart,
        "Share of all places that the least listed items get.",
        legend([one.name for one in every], "all items alike"),
    )


def _lorenz(name: str, exposure: NDArray[np.int64]) -> Series:
    total = np.concatenate([[0], np.cumsum(np.sort(exposure))]) / exposure.sum()
    at = np.unique(np.linspace(0, len(exposure), POINTS).round().astype(int))
    return _line(name, at / len(exposure), total[at])


def popularity_chart(reports: Sequence[Report]) -> str:
    """What users took and what they are shown, by tenths of the catalogue from popular to rare."""
    first = reports[0]
    if len(first.popularity) < TENTHS or not first.popularity.sum():
        return ""
    tenth = np.empty(len(first.popularity), int)
    tenth[np.argsort(-first.popularity, kind="stable")] = np.arange(len(tenth)) * TENTHS // len(tenth)
    every = [_shares(r.name, tenth, r.exposure, at) for at, r in enumerate(reports[:4]) if r.exposure.sum()]
    every.append(_shares("taken in training", tenth, first.popularity, -1))
    groups = ["most", *[str(n) for n in range(2, TENTHS)], "least"]
    chart = columns(every, groups, "Popularity of what is listed", percent, "tenths of the catalogue by popularity")
    note = "Share of all places, and of what users took, by popularity of the items."
    return card(
        "Popularity of what is listed",
        chart,
        note,
        legend([one.name for one in every[:-1]], grey=every[-1].name),
    )


def _shares(name: str, tenth: NDArray[np.int64], counts: NDArray[np.int64], colour: int) -> Series:
    share = np.bincount(tenth, weights=counts, minlength=TENTHS) / counts.sum()
    marks = tuple(Mark(f"{name}, tenth {n + 1}", float(s)) for n, s in enumerate(share))
    return Series(name, marks, colour=colour)


def group_charts(reports: Sequence[Report], metric: str = "ndcg") -> Iterator[str]:
    """A metric by length of the user's history, and by the first attributes of users."""
    if metric not in reports[0].measures:
        return
    by = dict.fromkeys(s.by for s in reports[0].slices if s.by not in ("user", "answers"))
    for name in list(by)[:CUTS]:
        yield _group_chart(reports, name, metric)


def _group_chart(reports: Sequence[Report], by: str, metric: str) -> str:
    groups = [s for s in reports[0].slices if s.by == by]
    every = [Series(r.name, tuple(_sliced(r, part, metric) for part in groups)) for r in reports]
    names = [f"{short(part.group, 60 // len(groups))}\n{part.n:,} users" for part in groups]
    title, unit = f"{named(metric)} by {by}", by
    if by == "history":
        title, unit = f"{named(metric)} by length of history", "items in the user's history"
    return card(title, columns(every, names, title, unit=unit), keys=legend([r.name for r in reports]))


def _sliced(report: Report, part: Slice, metric: str) -> Mark:
    found = next((s for s in report.slices if (s.by, s.group) == (part.by, part.group)), None)
    return _mark(f"{report.name}, {part.group}", found.measures.get(metric) if found else None)


def content_charts(document: ReportDocument) -> Iterator[str]:
    """What the items have, and what the fusion made of it."""
    if document.modalities:
        both = list(zip(("items", "interactions"), zip(*document.modalities.values(), strict=True), strict=True))
        every = [
            Series(
                of,
                tuple(Mark(f"{name}, {of}", v) for name, v in zip(document.modalities, shares, strict=True)),
            )
            for of, shares in both
        ]
        names = [short(name, 11) for name in document.modalities]
        chart = columns(every, names, "Coverage of modalities", percent)
        note = "Share of items, and of interactions with items, that have each modality."
        yield card("Content", chart, note, legend([one.name for one in every]))
    if document.weights:
        marks = [Mark(n, m, max(m - s, 0), m + s) for n, (m, s) in document.weights.items()]
        chart = bars(marks, "Share of each source in the fused vectors", percent, one_colour=True)
        yield card(
            "What the fused vectors are made of",
            chart,
            "Mean share of each source; one deviation over items.",
        )


def loss_chart(document: ReportDocument) -> str:
    """Losses by epoch."""
    drawn = [c for c in document.curves if any(map(math.isfinite, c.losses))][:LOSSES]
    if not drawn:
        return ""
    every = [Series(c.name, x=tuple(map(float, c.epochs)), y=c.losses) for c in drawn]
    chart = lines(every, "Loss by epoch", "epoch")
    return card("Training", chart, "" if len(drawn) > 1 else drawn[0].name, legend([c.name for c in drawn]))

"""Charts of what was found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tastemaker.evaluation.figures import card, legend
from tastemaker.evaluation.plots import Mark, Series, bars, columns, lines
from tastemaker.evaluation.svg import percent, short
from tastemaker.learning.exploring.explored import Explored
from tastemaker.learning.exploring.languages import NAMES
from tastemaker.learning.exploring.tails import Tail
from tastemaker.learning.exploring.trends import STRETCHES, Trend

SIDES = (0, 64, 96, 128, 224, 320, 512, 1024)
WORDS = (0, 5, 10, 20, 50, 100, 200, 500)
SECONDS = (0, 1, 5, 10, 30, 60, 180, 600)
DECIBELS = (-math.inf, -60, -50, -40, -30, -20, -10)
ASPECTS = ("tall", "upright", "square", "wide", "strip")
LINES = 5  # trends of a chart


def coverage(found: Explored) -> Iterator[str]:
    """Which part of the items, and of the events, has each modality."""
    if not found.shares:
        return
    every = [
        Series(of, tuple(Mark(f"{name}, {of}", pair[at]) for name, pair in found.shares.items()))
        for at, of in enumerate(("items", "events"))
    ]
    names = [short(name, 11) for name in found.shares]
    chart = columns(every, names, "Coverage", percent)
    yield card("What items have", chart, "Share of items, and of events with items.", legend(["items", "events"]))


def tails(found: Explored) -> Iterator[str]:
    """Events of items and of users from the busiest to the quietest, both axes in powers."""
    for what, spread in (("items", found.items), ("users", found.users)):
        chart = _tail(what, spread)
        if chart:
            note = f"The busiest 10 % of the {what} take {percent(spread.top[1])} of {spread.events:,} events."
            yield card(f"Events of {what}", chart, note)


def _tail(what: str, spread: Tail) -> str:
    there = [(place, events) for place, events in spread.curve if events > 0]
    if len(there) < 2:
        return ""
    x, y = (tuple(math.log10(value) for value in column) for column in zip(*there, strict=True))
    return lines([Series(what, x=x, y=y)], f"Events of {what}", f"{what}, the busiest first", _power, _power)


def _power(exponent: float) -> str:
    value = 10**exponent
    return f"{value / 1000:.3g}k" if value >= 9999.5 else f"{value:,.0f}"


def texts(found: Explored) -> Iterator[str]:
    """Languages and lengths."""
    said = found.texts.languages
    if said:
        marks = [Mark(NAMES[name], float(count)) for name, count in list(said.items())[:8]]
        note = "By script and small words; short texts cannot be told."
        yield card("Languages of texts", bars(marks, "Languages", _count, one_colour=True), note)
        yield card("Words of texts", _histogram(found.texts.words, WORDS, "texts", "words of a text"))


def _count(value: float) -> str:
    return f"{value:,.0f}"


def media(found: Explored) -> Iterator[str]:
    """Sizes and forms of pictures, length, loudness and silence of sounds."""
    pictures, sounds = found.media.pictures, found.media.sounds
    if pictures:
        sides = [min(p.width, p.height) for p in pictures]
        note = f"{len(pictures):,} pictures; the middle one is {int(np.median(sides)):,} pixels on its short side."
        yield card("Size of pictures", _histogram(sides, SIDES, "pictures", "pixels of the short side"), note)
        yield card("Form of pictures", _forms([p.width / p.height for p in pictures]), "Width over height.")
    if sounds:
        seconds = [s.seconds for s in sounds if math.isfinite(s.seconds)]
        if seconds:
            yield card("Length of sounds", _histogram(seconds, SECONDS, "sounds", "seconds"))
        loud = [s.loudness for s in sounds]
        note = "Root mean square; full scale is 0."
        yield card("Loudness of sounds", _histogram(loud, DECIBELS, "sounds", "dBFS"), note)
        quiet = [100 * s.silence for s in sounds]
        note = "Share of pieces of 50 ms below -60 dBFS."
        yield card("Silence in sounds", _histogram(quiet, (0, 5, 25, 50, 75, 95), "sounds", "% silent"), note)


def _forms(ratios: Sequence[float]) -> str:
    edges = (0.0, 0.6, 0.9, 1.1, 1.8, math.inf)
    counts = np.histogram(ratios, edges)[0]
    said = ("under 0.6", "to 0.9", "to 1.1", "to 1.8", "above")
    names = [f"{name}\n{range_}" for name, range_ in zip(ASPECTS, said, strict=True)]
    return columns([Series("", tuple(map(Mark, names, map(float, counts))))], names, "Form of pictures")


def _histogram(values: Sequence[float], edges: Sequence[float], what: str, unit: str) -> str:
    counts = np.histogram(np.maximum(values, edges[0]), [*edges, math.inf])[0]
    names = [f"from {edge:g}" if math.isfinite(edge) else "below" for edge in edges]
    marks = tuple(Mark(f"{what} {name}", float(count)) for name, count in zip(names, counts, strict=True))
    shown = [f"{edge:g}" if math.isfinite(edge) else f"<{edges[1]:g}" for edge in edges]
    return columns([Series(what, marks)], shown, unit, unit=f"{unit}, from ... on")


def trends(found: Explored) -> Iterator[str]:
    """The strongest trends of categories and items, up and down."""
    items = [(found.data.title(int(trend.name)), trend) for trend in found.item_trends]
    kinds = [(str(trend.name), trend) for trend in found.category_trends]
    for what, pairs in (("Categories", kinds), ("Items", items)):
        for way, wanted in (("rise", 1), ("fall", -1)):
            kept = [(name, trend) for name, trend in pairs if trend.z * wanted > 0][:LINES]
            if kept:
                yield card(f"{what} that {way}", _lines(kept, what), keys=legend([short(name, 40) for name, _ in kept]))


def _lines(pairs: Sequence[tuple[str, Trend]], title: str) -> str:
    x = tuple(float(n + 1) for n in range(STRETCHES))
    every = [Series(name, x=x, y=trend.shares) for name, trend in pairs]
    return lines(every, title, "stretches of time", percent)

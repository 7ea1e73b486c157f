"""Charts as inline SVG: bars with intervals, grouped columns, lines. Colours come from the page's style."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tastemaker.evaluation.svg import Scale, drawing, label, number, series, short, tag, tick, ticks, words

WIDTH = 360.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 16.0, 10.0, 46.0
ROW = 26.0

Say = Callable[[float], str]


@dataclass(frozen=True)
class Mark:
    """One value with its interval (nan without) and a name."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def top(self) -> float:
        """The highest number to be drawn."""
        return max((v for v in (self.value, self.high) if math.isfinite(v)), default=0)

    @property
    def bottom(self) -> float:
        """The lowest number to be drawn, at most 0."""
        return min((v for v in (0, self.value, self.low) if math.isfinite(v)), default=0)

    def tip(self, say: Say) -> str:
        """What is shown when one points at it."""
        ends = f" [{say(self.low)}, {say(self.high)}]" if math.isfinite(self.low) else ""
        return tag("title", words(f"{self.name}: {say(self.value)}{ends}"))


@dataclass(frozen=True)
class Series:
    """A row of values of one name.

    Attributes:
        name: For the legend.
        marks: Of columns, one a group.
        x: Of lines: places.
        y: Of lines: values there, nan where there is none.
        colour: Number of its colour; None takes its place among the series, -1 is grey.
        dashed: Draw a thin dashed line.
    """

    name: str
    marks: tuple[Mark, ...] = ()
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    colour: int | None = None
    dashed: bool = False

    def kind(self, at: int) -> str:
        """Class of its colour, for the series number `at`."""
        return series(at if self.colour is None else self.colour)


def bars(marks: Sequence[Mark], title: str, say: Say = number, *, one_colour: bool = False) -> str:
    """Horizontal bars from 0, one a mark, with whiskers for intervals and the value at the right."""
    low, high = min(m.bottom for m in marks), max(m.top for m in marks)
    scale = Scale(low, high if high > low else low + 1, 122.0, 292.0)
    zero = scale(0)
    parts = [tag("line", x1=zero, x2=zero, y1=2.0, y2=len(marks) * ROW, class_="axis")]
    for at, mark in enumerate(marks):
        middle = at * ROW + ROW / 2
        parts.append(label(114.0, middle + 4, short(mark.name, 17), "name", "end"))
        parts.append(label(WIDTH - 2, middle + 4, say(mark.value), "value", "end"))
        if math.isfinite(mark.value):
            parts.append(_bar(mark, (zero, scale(mark.value)), middle, series(0 if one_colour else at), say))
            parts.append(_whisker(scale(mark.low), scale(mark.high), middle) if math.isfinite(mark.low) else "")
    return drawing(WIDTH, len(marks) * ROW + 4, parts, title)


def _bar(mark: Mark, ends: tuple[float, float], middle: float, colour: str, say: Say) -> str:
    left, right = sorted(ends)
    size = {"x": left, "y": middle - 7, "width": max(right - left, 0.5), "height": 14.0, "rx": 3.0}
    return tag("rect", mark.tip(say), class_=colour, **size)


def _whisker(low: float, high: float, middle: float) -> str:
    path = f"M{low:.1f} {middle - 4}v8M{low:.1f} {middle}H{high:.1f}M{high:.1f} {middle - 4}v8"
    return tag("path", d=path, class_="whisker")


def columns(every: Sequence[Series], groups: Sequence[str], title: str, say: Say = tick, unit: str = "") -> str:
    """Grouped columns with whiskers: one group a place on the axis, one column a series."""
    shown = [mark for one in every for mark in one.marks]
    height = 230.0
    steps = ticks(min(m.bottom for m in shown), max(max(m.top for m in shown), 1e-9))
    y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
    parts = _grid(steps, y, say)
    wide = (WIDTH - LEFT - RIGHT) / len(groups)
    column = min(wide * 0.8 / len(every), 28.0)
    for place, group in enumerate(groups):
        middle = LEFT + wide * (place + 0.5)
        parts.append(_group_name(group, middle, height))
        for at, one in enumerate(every):
            x = middle + column * (at - len(every) / 2)
            parts.append(_column(one.marks[place], (x, column), y, one.kind(at)))
    parts.append(label((LEFT + WIDTH - RIGHT) / 2, height - 2, unit, "unit", "middle"))
    return drawing(WIDTH, height, parts, title)


def _group_name(group: str, middle: float, height: float) -> str:
    first, _, second = group.partition("\n")
    return label(middle, height - BOTTOM + 14, first, "tick", "middle") + (
        label(middle, height - BOTTOM + 27, second, "small", "middle") if second else ""
    )


def _column(mark: Mark, place: tuple[float, float], y: Scale, colour: str) -> str:
    if not math.isfinite(mark.value):
        return ""
    (x, width), (top, foot) = place, sorted((y(mark.value), y(0)))
    size = {"x": x + 0.5, "y": top, "width": max(width - 1, 1.0), "height": max(foot - top, 0.5), "rx": 2.0}
    whisker = ""
    if math.isfinite(mark.low):
        low, high, middle = y(mark.low), y(mark.high), x + width / 2
        path = f"M{middle - 3:.1f} {low:.1f}h6M{middle:.1f} {low:.1f}V{high:.1f}M{middle - 3:.1f} {high:.1f}h6"
        whisker = tag("path", d=path, class_="whisker")
    return tag("rect", mark.tip(number), class_=colour, **size) + whisker


def _grid(steps: Sequence[float], y: Scale, say: Say) -> list[str]:
    parts = []
    for step in steps:
        kind = "axis" if step == 0 else "grid"
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(step), y2=y(step), class_=kind))
        parts.append(label(LEFT - 6, y(step) + 4, say(step), "tick", "end"))
    return parts


def lines(  # noqa: PLR0913 - what is drawn, and how numbers are written
    every: Sequence[Series], title: str, unit: str = "", say: Say = tick, x_say: Say = tick, *, whole: bool = False
) -> str:
    """Lines over a common axis; a series of one point is drawn as a dot.

    The axis begins at 0 where that costs little room, or with `whole`.
    """
    height = 230.0
    xs = [v for one in every for v in one.x]
    ys = [v for one in every for v in one.y if math.isfinite(v)]
    floor = min(ys) if min(ys) > 0.5 * max(ys) and not whole else min(0.0, min(ys))
    steps = ticks(floor, max(max(ys), floor + 1e-9))
    x = Scale(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1, LEFT, WIDTH - RIGHT)
    y = Scale(steps[0], steps[-1], height - BOTTOM, TOP)
    parts = _grid(steps, y, say)
    for step in _inside(xs):
        parts.append(label(x(step), height - BOTTOM + 16, x_say(step), "tick", "middle"))
    parts += [_line(one, at, x, y) for at, one in enumerate(every)]
    parts.append(label((LEFT + WIDTH - RIGHT) / 2, height - 4, unit, "unit", "middle"))
    return drawing(WIDTH, height, parts, title)


def _inside(xs: Sequence[float]) -> list[float]:
    """Round places within the axis; whole numbers where all places are (epochs, lengths)."""
    low, high = min(xs), max(xs)
    whole = all(x.is_integer() for x in xs)
    for wanted in (5, 4, 3, 2, 1):
        steps = [step for step in ticks(low, high, wanted) if low <= step <= high]
        if steps and (not whole or all(step.is_integer() for step in steps)):
            return steps
    return [low]


def _line(one: Series, at: int, x: Scale, y: Scale) -> str:
    points = [(x(a), y(b)) for a, b in zip(one.x, one.y, strict=True) if math.isfinite(b)]
    kind = "line dashed" if one.dashed else f"line {one.kind(at)}"
    tip = tag("title", words(one.name))
    if len(points) == 1:
        return tag("circle", tip, cx=points[0][0], cy=points[0][1], r=3.0, class_=one.kind(at))
    path = "".join(f"{'M' if not n else 'L'}{a:.1f} {b:.1f}" for n, (a, b) in enumerate(points))
    return tag("path", tip, d=path, class_=kind)

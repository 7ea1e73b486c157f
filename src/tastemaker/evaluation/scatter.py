"""A chart of named points, with the front of those that no other beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.evaluation.plots import Say
from tastemaker.evaluation.svg import Scale, drawing, label, series, short, tag, tick, ticks, words

WIDTH, HEIGHT = 520.0, 330.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 20.0, 14.0, 46.0
WIDE, TALL = 5.6, 12.0  # of a letter, of a line


@dataclass(frozen=True)
class Point:
    """A named point; on the front or behind it."""

    name: str
    x: float
    y: float
    front: bool = False


@dataclass(frozen=True)
class Axis:
    """What is along an axis: its name, whether equal ratios are equally far apart, how numbers are written."""

    name: str
    log: bool = False
    say: Say = tick

    def of(self, value: float) -> float:
        """Where `value` stands along the axis."""
        return math.log10(max(value, 1e-9)) if self.log else value

    def steps(self, values: Sequence[float]) -> list[float]:
        """Places of the grid, along the axis."""
        low, high = min(map(self.of, values)), max(map(self.of, values))
        if self.log:
            first = math.floor(low)
            return [float(power) for power in range(first, max(math.ceil(high), first + 1) + 1)]
        return ticks(low - 0.05 * (high - low), high + 0.05 * (high - low))

    def written(self, step: float) -> str:
        """The number at a place of the grid."""
        return self.say(10**step) if self.log else self.say(step)


def scatter(points: Sequence[Point], x: Axis, y: Axis, title: str) -> str:
    """Points with their names; those on the front are coloured and joined by a dashed line."""
    across, up = x.steps([p.x for p in points]), y.steps([p.y for p in points])
    wide, tall = Scale(across[0], across[-1], LEFT, WIDTH - RIGHT), Scale(up[0], up[-1], HEIGHT - BOTTOM, TOP)
    parts = []
    for step in up:
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=tall(step), y2=tall(step), class_="grid"))
        parts.append(label(LEFT - 6, tall(step) + 4, y.written(step), "tick", "end"))
    for step in across:
        parts.append(tag("line", x1=wide(step), x2=wide(step), y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        parts.append(label(wide(step), HEIGHT - BOTTOM + 16, x.written(step), "tick", "middle"))
    placed = [(p, wide(x.of(p.x)), tall(y.of(p.y))) for p in points]
    parts += [_front(placed), *(_dot(p, across, up) for p, across, up in placed), *_names(placed)]
    parts.append(label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, x.name, "unit", "middle"))
    parts.append(label(LEFT, TOP - 4, y.name, "unit"))
    return drawing(WIDTH, HEIGHT, parts, title)


Placed = tuple[Point, float, float]


def _front(placed: Sequence[Placed]) -> str:
    ends = sorted((x, y) for p, x, y in placed if p.front)
    path = "".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(ends))
    return tag("path", d=path, class_="line dashed") if len(ends) > 1 else ""


def _dot(point: Point, x: float, y: float) -> str:
    tip = tag("title", words(f"{point.name}: {point.y:.4g} at {point.x:.4g}"))
    return tag("circle", tip, cx=x, cy=y, r=5.0, class_=series(0 if point.front else -1))


def _names(placed: Sequence[Placed]) -> list[str]:
    """A name beside each point: right, left, above or below it, where it hides no other name or point."""
    taken = [(x - 5, y - 5, x + 5, y + 5) for _, x, y in placed]
    out = []
    for point, x, y in sorted(placed, key=lambda one: (not one[0].front, one[2])):
        text = short(point.name, 18)
        width = WIDE * len(text)
        spots = [(x + 8, y + 4), (x - 8 - width, y + 4), (x - width / 2, y - 9), (x - width / 2, y + 17)]
        boxes = [(left, foot - TALL + 2, left + width, foot + 2) for left, foot in spots]
        free = [n for n, box in enumerate(boxes) if _inside(box) and not any(_meet(box, other) for other in taken)]
        best = free[0] if free else 0 if _inside(boxes[0]) else 1
        taken.append(boxes[best])
        out.append(label(*spots[best], text, "small"))
    return out


Box = tuple[float, float, float, float]


def _inside(box: Box) -> bool:
    return box[0] >= LEFT and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT - BOTTOM + 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

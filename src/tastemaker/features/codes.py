"""How one attribute becomes numbers: what was learned of a column, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Column, Table
from tastemaker.data.table import Kind

BINS = 8  # soft bins of a number: a year says little as a line, much as a neighbourhood
SHARED = 32  # columns that the categories beyond the most frequent ones share
SPOTS = 12  # soft bins on the globe
HUGE = 1e100  # numbers beyond are cut: their squares would not be numbers
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Number:
    """A number as a line and as soft bins around its quantiles.

    Attributes:
        column: Name of the column.
        mean: Of the rows learned from.
        deviation: Standard deviation; 1 for a constant.
        centres: Centres of the bins.
        width: Their width, the median distance of neighbours.
    """

    column: str
    mean: float = 0.0
    deviation: float = 1.0
    centres: tuple[float, ...] = ()
    width: float = 1.0
    form: Literal["number"] = "number"

    @property
    def dim(self) -> int:
        """Columns of the block."""
        return 1 + len(self.centres)

    @classmethod
    def learn(cls, column: str, values: NDArray[Any]) -> Number:
        """Mean, deviation and bins of the finite values."""
        number = values.astype(np.float64)
        there = np.clip(number[np.isfinite(number)], -HUGE, HUGE)
        if not len(there):
            return cls(column)
        centres = np.unique(np.quantile(there, np.linspace(0.05, 0.95, BINS)))
        width = float(np.median(np.diff(centres))) if len(centres) > 1 else 1.0
        return cls(column, float(there.mean()), float(there.std()) or 1.0, tuple(centres.tolist()), width)

    def encode(self, table: Table, n: int) -> Rows:
        """Rows of length 1, zero where missing, shape (n, dim)."""
        values = _column(table, self.column, n, np.nan).astype(np.float64)
        there = np.isfinite(values)
        number = np.clip(np.where(there, values, self.mean), -HUGE, HUGE)
        line = np.clip((number - self.mean) / self.deviation, -3, 3) / 3
        away = np.clip(np.abs(number[:, None] - np.array(self.centres)) / self.width, 0, 30)
        return _unit(np.concatenate([line[:, None], np.exp(-0.5 * away**2)], axis=1) * there[:, None])


@dataclass(frozen=True)
class Names:
    """Categories, or the levels of places, as several-hot rows.

    Attributes:
        column: Name of the column.
        kind: "category" or "place".
        names: Most frequent first; the first `own` have a column each, the others share columns by hash.
        own: How many have a column of their own.
    """

    column: str
    kind: Kind
    names: tuple[str, ...] = ()
    own: int = 0
    form: Literal["names"] = "names"

    @property
    def dim(self) -> int:
        """Columns of the block."""
        return self.own + SHARED * (len(self.names) > self.own)

    @classmethod
    def learn(cls, column: str, found: Column, least: int, most: int) -> Names:
        """Names that at least `least` rows have, `most` of them with a column of their own."""
        counts: Counter[str] = Counter()
        for value in found.values:
            counts.update(set(parts(found.kind, value)))
        kept = sorted((name for name, n in counts.items() if n >= least), key=lambda name: (-counts[name], name))
        return cls(column, found.kind, tuple(kept), min(len(kept), most))

    def encode(self, table: Table, n: int) -> Rows:
        """Rows of length 1, zero where there is no known name, shape (n, dim)."""
        place = {name: self._place(rank, name) for rank, name in enumerate(self.names)}
        code = np.zeros((n, self.dim), np.float64)
        for row, value in enumerate(_column(table, self.column, n, "")):
            for part in dict.fromkeys(parts(self.kind, value)):
                if part in place:
                    at, sign = place[part]
                    code[row, at] += sign
        return _unit(code)

    def _place(self, rank: int, name: str) -> tuple[int, float]:
        if rank < self.own:
            return rank, 1.0
        mark = crc32(name.encode("utf-8", "replace"))
        return self.own + mark % SHARED, 1.0 if mark >> 16 & 1 else -1.0


@dataclass(frozen=True)
class Sphere:
    """A latitude and a longitude, in degrees, as a point on the globe and as soft bins around known places.

    Attributes:
        latitude: Name of that column.
        longitude: Name of that column.
        centres: Points of length 1, three numbers each.
        width: Width of the bins, in radii of the globe.
    """

    latitude: str
    longitude: str
    centres: tuple[tuple[float, float, float], ...] = ()
    width: float = 1.0
    form: Literal["sphere"] = "sphere"

    @property
    def dim(self) -> int:
        """Columns of the block."""
        return 3 + len(self.centres)

    @classmethod
    def learn(cls, latitude: str, longitude: str, table: Table) -> Sphere:
        """Bins at places far from one another, the widest spread first."""
        points, there = _points(table, latitude, longitude, len(table[latitude]))
        known = np.unique(np.round(points[there], 6), axis=0)
        centres = _spread(known)
        if len(centres) < 2:
            return cls(latitude, longitude)
        gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) + 10 * np.eye(len(centres))
        width = float(np.median(gaps.min(axis=1)))
        return cls(latitude, longitude, tuple((x, y, z) for x, y, z in centres.tolist()), width)

    def encode(self, table: Table, n: int) -> Rows:
        """Rows of length 1, zero where one of the two is missing, shape (n, dim)."""
        points, there = _points(table, self.latitude, self.longitude, n)
        centres = np.array(self.centres, np.float64).reshape(-1, 3)
        away = np.linalg.norm(points[:, None] - centres[None], axis=2) / self.width
        return _unit(np.concatenate([points, np.exp(-0.5 * away**2)], axis=1) * there[:, None])


Code = Number | Names | Sphere


def parts(kind: Kind, value: str) -> list[str]:
    """Categories of a cell, or the levels of a place from coarse to fine."""
    if kind == "category":
        return [part.strip() for part in value.split("|") if part.strip()]
    levels = [level for level in value.split("/") if level]
    return ["/".join(levels[: n + 1]) for n in range(len(levels))]


def pairs(table: Table) -> Iterator[tuple[str, str]]:
    """Names of columns that hold latitudes and longitudes, such as ``lat`` and ``lon`` or ``home_latitude`` ..."""
    numbers = {name.lower(): name for name, column in table.items() if column.kind == "number"}
    for low, name in numbers.items():
        for short, longs in (("latitude", ("longitude",)), ("lat", ("lon", "lng", "long"))):
            if low.endswith(short):
                found = [numbers[low[: -len(short)] + long] for long in longs if low[: -len(short)] + long in numbers]
                yield from ((name, other) for other in found[:1])


def _column(table: Table, name: str, n: int, missing: Any) -> NDArray[Any]:
    return table[name].values if name in table else np.full(n, missing, object)


def _points(table: Table, latitude: str, longitude: str, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Points on the globe, (n, 3), and which of them are known."""
    north = _column(table, latitude, n, np.nan).astype(np.float64)
    east = _column(table, longitude, n, np.nan).astype(np.float64)
    there = np.isfinite(north) & np.isfinite(east) & (np.abs(north) <= 90) & (np.abs(east) <= 360)
    north, east = np.radians(np.where(there, north, 0)), np.radians(np.where(there, east, 0))
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1), there


def _spread(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Up to `SPOTS` points, each the farthest from those before (Gonzalez 1985); the first nearest the middle."""
    if not len(points):
        return points
    taken = [int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmin())]
    away = np.linalg.norm(points - points[taken[0]], axis=1)
    while len(taken) < min(SPOTS, len(points)):
        taken.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(points - points[taken[-1]], axis=1))
    return points[taken]


def _unit(code: NDArray[np.float64]) -> Rows:
    rows: Rows = (code / np.maximum(np.linalg.norm(code, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return rows

"""Attributes of items and users as vectors: numbers, categories, places."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component, settings_of
from tastemaker.core.fingerprints import of_json
from tastemaker.data import Column, Features, Source, Table
from tastemaker.data.table import Kind

BINS = 8  # soft bins of a number: a year says little as a line, much as a neighbourhood


@dataclass(frozen=True)
class Coded:
    """How one column becomes numbers.

    Attributes:
        kind: As `Column.kind`.
        names: Categories or levels of places, one a column of the code.
        centres: Centres of the soft bins of a number, shape (b,).
        width: Their width.
        mean: Mean of a number.
        deviation: Its standard deviation.
    """

    kind: Kind
    names: tuple[str, ...] = ()
    centres: tuple[float, ...] = ()
    width: float = 1.0
    mean: float = 0.0
    deviation: float = 1.0

    def encode(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of length at most 1, zero where missing, shape (n, columns)."""
        return self._number(values) if self.kind == "number" else self._names(values)

    def _number(self, values: NDArray[Any]) -> NDArray[np.float32]:
        number = values.astype(np.float64)
        there = np.isfinite(number)
        number = np.where(there, number, self.mean)
        line = np.clip((number - self.mean) / self.deviation, -3, 3) / 3
        bins = np.exp(-0.5 * ((number[:, None] - np.array(self.centres)) / self.width) ** 2)
        code = np.concatenate([line[:, None], bins], axis=1) * there[:, None]
        return (code / np.maximum(np.linalg.norm(code, axis=1, keepdims=True), 1e-12)).astype(np.float32)

    def _names(self, values: NDArray[Any]) -> NDArray[np.float32]:
        place = {name: n for n, name in enumerate(self.names)}
        code = np.zeros((len(values), len(self.names)), np.float32)
        for row, value in enumerate(values):
            for part in _parts(self.kind, value):
                if part in place:
                    code[row, place[part]] = 1.0
        return code / np.maximum(np.linalg.norm(code, axis=1, keepdims=True), 1e-12)


def _parts(kind: Kind, value: str) -> list[str]:
    """Categories of a cell, or the levels of a place from coarse to fine."""
    if kind == "category":
        return [part for part in value.split("|") if part]
    levels = [level for level in value.split("/") if level]
    return ["/".join(levels[: n + 1]) for n in range(len(levels))]


@dataclass(frozen=True)
class TableCode:
    """How a table becomes vectors; learned from one table, used for rows that come later too."""

    columns: Mapping[str, Coded]

    def encode(self, table: Table) -> Features:
        """Vectors of a table with the same columns; columns that it lacks count as missing."""
        n = len(next(iter(table.values()))) if table else 0
        known = {name: code for name, code in self.columns.items() if name in table}
        present = np.zeros(n, bool)
        for name in known:
            present |= table[name].present
        blocks = [
            code.encode(table[name].values) if name in table else np.zeros((n, _width(code)), np.float32)
            for name, code in self.columns.items()
        ]
        vectors = np.concatenate(blocks, axis=1) if blocks else np.zeros((n, 1), np.float32)
        return Features("attributes", vectors, present)

    def to_json(self) -> str:
        """Everything as JSON."""
        return json.dumps({name: vars(code) for name, code in self.columns.items()}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> TableCode:
        """Rebuild what `to_json` gave."""
        columns = {}
        for name, code in json.loads(text).items():
            columns[name] = Coded(**{k: tuple(v) if isinstance(v, list) else v for k, v in code.items()})
        return cls(columns)


def _width(code: Coded) -> int:
    return len(code.centres) + 1 if code.kind == "number" else len(code.names)


@component
class Attributes:
    """Attributes as a vector: each column a block of length 1, so that all columns count alike.

    Numbers are brought to zero mean and unit variance, and stand beside soft bins over their quantiles;
    categories are one-hot (several at once where ``|`` joins them); places are one-hot at each level.

    Attributes:
        min_count: Categories that fewer rows have are left out.
        max_categories: The most frequent categories of a column that are kept.
    """

    name: ClassVar[str] = "attributes"
    source: ClassVar[Source] = "attributes"

    min_count: Annotated[int, Ge(1)] = 2
    max_categories: Annotated[int, Ge(1)] = 256

    def fit_table(self, table: Table) -> TableCode:
        """Learn means, bins and categories of a table."""
        return TableCode({name: self._code(column) for name, column in sorted(table.items())})

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n rows given as dicts of plain values; the rows themselves are what is learned from."""
        table = _table(content)
        return self.fit_table(table).encode(table).vectors

    def fingerprint(self) -> str:
        """Algorithm and settings."""
        return f"attributes/1/{of_json(settings_of(self))[:16]}"

    def _code(self, column: Column) -> Coded:
        if column.kind == "number":
            return _number_code(column.values.astype(np.float64))
        counts: Counter[str] = Counter()
        for value in column.values:
            counts.update(set(_parts(column.kind, value)))
        kept = [name for name, n in counts.most_common() if n >= self.min_count]
        order = sorted(kept, key=lambda name: (-counts[name], name))[: self.max_categories]
        return Coded(column.kind, names=tuple(sorted(order)))


def _number_code(values: NDArray[np.float64]) -> Coded:
    there = values[np.isfinite(values)]
    if not len(there):
        return Coded("number")
    centres = np.unique(np.quantile(there, np.linspace(0.05, 0.95, BINS)))
    width = float(np.median(np.diff(centres))) if len(centres) > 1 else 1.0
    return Coded(
        "number",
        centres=tuple(centres.tolist()),
        width=max(width, 1e-9),
        mean=float(there.mean()),
        deviation=float(there.std()) or 1.0,
    )


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = sorted({name for row in rows for name in row})
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> Column:
    if all(value is None or isinstance(value, int | float) for value in values):
        return Column("number", np.array([np.nan if v is None else float(v) for v in values]))
    return Column("category", np.array(["" if v is None else str(v) for v in values], object))

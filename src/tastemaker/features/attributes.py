"""Attributes of items and users as vectors: numbers, categories, places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import DataError, SavedError, component, settings_of
from tastemaker.core.fingerprints import of_json
from tastemaker.data import Column, Features, Source, Table
from tastemaker.features.codes import Code, Names, Number, Sphere, pairs

FORMS: Mapping[str, type[Code]] = {"number": Number, "names": Names, "sphere": Sphere}


@dataclass(frozen=True)
class TableCode:
    """How a table becomes vectors: learned once, used for rows that come later too.

    It stands in the place of `Attributes` where those later rows are extracted.

    Attributes:
        codes: One a column, or one for a pair of latitude and longitude.
    """

    codes: tuple[Code, ...]

    name: ClassVar[str] = "attributes"
    source: ClassVar[Source] = "attributes"

    @property
    def dim(self) -> int:
        """Width of the vectors, at least 1."""
        return max(1, sum(code.dim for code in self.codes))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that count."""
        return tuple(name for code in self.codes for name in _columns(code))

    def encode_table(self, table: Table) -> Features:
        """Vectors of a table's rows; a column that it lacks counts as missing, others are passed over."""
        n = len(next(iter(table.values()))) if table else 0
        present = np.zeros(n, bool)
        for name in self.columns:
            if name in table:
                present |= table[name].present
        blocks = [code.encode(table, n) for code in self.codes]
        vectors = np.concatenate(blocks, axis=1) if blocks else np.zeros((n, 1), np.float32)
        return Features("attributes", np.where(present[:, None], vectors, np.float32(0)), present)

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Vectors of n rows given as dicts of plain values, float32 of shape (n, dim).

        Raises:
            DataError: A column of numbers has something else.
        """
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        return self.encode_table(self._table(content)).vectors

    def fingerprint(self) -> str:
        """Hash of what was learned."""
        return f"attributes/code/{of_json(self.to_json())[:32]}"

    def to_json(self) -> str:
        """Everything as JSON."""
        return json.dumps([asdict(code) for code in self.codes], ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> TableCode:
        """Rebuild what `to_json` gave; raises `SavedError`."""
        try:
            return cls(tuple(_rebuilt(code) for code in json.loads(text)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SavedError(f"The code of the attributes cannot be read ({error!r}). Fit it anew.") from error

    def _table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        kinds = {n: code.kind if isinstance(code, Names) else "number" for code in self.codes for n in _columns(code)}
        return {
            name: _numbers(name, rows) if kind == "number" else Column(kind, _strings(name, rows))
            for name, kind in kinds.items()
        }


@component
class Attributes:
    """Attributes as a vector: each column a block of length 1, so that all columns count alike.

    Numbers become a line of zero mean and unit variance beside 8 soft bins around their quantiles; categories
    are several-hot where ``|`` joins them; places are one-hot at each level; columns called ``lat`` and ``lon``
    (or latitude, longitude, lng) are taken together as a point on the globe with soft bins around known places.
    A missing value is a block of zeros.

    Attributes:
        min_count: Categories that fewer rows have are left out.
        max_categories: The most frequent categories with a column of their own; the others share 32 columns.
    """

    name: ClassVar[str] = "attributes"
    source: ClassVar[Source] = "attributes"

    min_count: Annotated[int, Ge(1)] = 2
    max_categories: Annotated[int, Ge(1)] = 256

    def fit_table(self, table: Table, rows: NDArray[np.bool_] | None = None) -> TableCode:
        """Learn means, bins and categories of a table, or of its `rows` alone (shape (n,), bool)."""
        if rows is not None:
            table = {name: Column(column.kind, column.values[rows]) for name, column in table.items()}
        globes = dict(pairs(table))
        codes: list[Code] = [Sphere.learn(north, east, table) for north, east in sorted(globes.items())]
        rest = sorted(table.keys() - globes.keys() - set(globes.values()))
        return TableCode(tuple([*codes, *(self._code(name, table[name]) for name in rest)]))

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n rows given as dicts of plain values; these rows are what is learned from, see `TableCode`."""
        names = sorted({name for row in content for name in row})
        table = {name: _guessed(name, content) for name in names}
        return self.fit_table(table).encode_table(table).vectors

    def fingerprint(self) -> str:
        """Version and settings."""
        return f"attributes/2/{of_json(settings_of(self))[:16]}"

    def _code(self, name: str, column: Column) -> Code:
        if column.kind == "number":
            return Number.learn(name, column.values)
        return Names.learn(name, column, self.min_count, self.max_categories)


def _columns(code: Code) -> tuple[str, ...]:
    return (code.latitude, code.longitude) if isinstance(code, Sphere) else (code.column,)


def _rebuilt(code: Mapping[str, Any]) -> Code:
    plain = {key: _frozen(value) for key, value in code.items()}
    return FORMS[code["form"]](**plain)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _numbers(name: str, rows: Sequence[Mapping[str, Any]]) -> Column:
    given = [row.get(name) for row in rows]
    try:
        return Column("number", np.array([np.nan if v is None or v == "" else float(v) for v in given]))
    except (TypeError, ValueError) as error:
        raise DataError(f"The attribute {name!r} is a number; got {given[:3]!r}.") from error


def _strings(name: str, rows: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    given = [row.get(name) for row in rows]
    return np.array(
        ["" if v is None else "|".join(map(str, v)) if isinstance(v, list) else str(v) for v in given], object
    )


def _guessed(name: str, rows: Sequence[Mapping[str, Any]]) -> Column:
    numbers = all(row.get(name) is None or isinstance(row[name], int | float) for row in rows)
    return _numbers(name, rows) if numbers else Column("category", _strings(name, rows))

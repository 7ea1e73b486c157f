"""What an expression is evaluated against, and how it complains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tastemaker.core import BadSetting
from tastemaker.rules.cells import Cells, Codes, Options
from tastemaker.rules.columns import View
from tastemaker.storage.base import Attribute


@dataclass(frozen=True)
class Place:
    """A part of a rule.

    Attributes:
        whole: The rule.
        part: The part's own text.
        start: Where it begins, in characters from 0.
    """

    whole: str
    part: str
    start: int

    def error(self, problem: str) -> BadSetting:
        """What is wrong here."""
        whole = self.whole if len(self.whole) <= 200 else f"{self.whole[:200]}..."
        part = self.part if len(self.part) <= 60 else f"{self.part[:60]}..."
        near = f" ({part!r})" if part else ""
        return BadSetting(f"Rule {whole!r}, character {self.start + 1}{near}: {problem}")


@dataclass(frozen=True)
class Scene:
    """Columns, user and time; and codes for texts that no column has, which end with it."""

    view: View
    user: Mapping[str, Attribute]
    now: float
    _own: dict[str, int] = field(default_factory=dict)

    def code(self, word: str) -> int:
        """Code of a text, be it new."""
        known = self.view.words.find(word, self.view.texts)
        return self._own.setdefault(word, self.view.texts + len(self._own)) if known is None else known

    @property
    def texts(self) -> int:
        """All codes are below it."""
        return self.view.texts + len(self._own)

    def words(self, codes: Codes) -> list[str]:
        """The texts of codes, shape (m,)."""
        own, known, size = list(self._own), self.view.words.list, self.view.texts
        return [known[code] if code < size else own[code - size] for code in codes.tolist()]

    def lower(self, codes: Codes) -> Codes:
        """Codes of the lower case, of any shape; missing stays missing."""
        own = [self.code(word.lower()) for word in list(self._own)]
        table = np.concatenate([self.view.lowered, np.array([*own, -1], np.int32)])
        lowered: Codes = table[np.where(codes < 0, len(table) - 1, codes)]
        return lowered

    def constant(self, value: Attribute | None) -> Cells:
        """Cells with the same value in all rows, for a value of any kind."""
        match value:
            case bool():
                return Cells(truths=np.array(value, np.int8))
            case int() | float():
                return Cells(numbers=np.array(value, np.float64))
            case str():
                return Cells(texts=np.array(self.code(value), np.int32))
        return Cells(options=self.options(value or ()))

    def options(self, values: Iterable[Any]) -> Options:
        """What a value may be, by kind."""
        kinds: tuple[list[float], list[int], list[bool]] = ([], [], [])
        for value in values:
            match value:
                case bool():
                    kinds[2].append(value)
                case int() | float():
                    kinds[0].append(value)
                case str():
                    kinds[1].append(self.code(value))
        return Options(np.array(kinds[0]), np.array(kinds[1], np.int32), np.array(kinds[2], np.int8))


def nothing() -> Cells:
    """A value that is missing in every row, and of any kind."""
    none = np.array(-1)
    empty = Options(np.empty(0), np.empty(0, np.int32), np.empty(0, np.int8), there=False)
    return Cells(np.array(np.nan), none.astype(np.int32), none.astype(np.int8), options=empty)

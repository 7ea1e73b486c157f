"""Search spaces: which values of a setting are worth trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | float | bool


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole numbers where both ends are written as such.

    Attributes:
        low: Least value.
        high: Greatest value.
        log: Whether equal ratios count alike, as for rates and strengths; `low` must then be above 0.
    """

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: object) -> bool:
        """Whether `value` is one of them."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple[Value, ...]

    def __contains__(self, value: object) -> bool:
        """Whether `value` is one of them."""
        return value in self.values


SearchSpace = Mapping[str, Range | Choice]
Starts = tuple[Mapping[str, Value], ...]
AS_SETS: Starts = ({"decay": 1.0},)  # of models that weigh steps back in a history: as if it had no order

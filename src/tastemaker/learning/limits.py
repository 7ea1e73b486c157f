"""How much tuning a model may have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tastemaker.core import BadSetting

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Limits:
    """The same for every model of a comparison.

    Attributes:
        trials: Most settings tried, the default among them.
        seconds: Time after which no further trial begins; one is also left out where the mean of those before
            it says that it would not end in time. None: trials alone count, and equal seeds give equal choices.
    """

    trials: int = 30
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise BadSetting(f"At least 1 trial is needed, that of the default settings (got {self.trials}).")

    def another(self, done: int, spent: float) -> bool:
        """Whether one more trial may begin after `done` of them took `spent` seconds."""
        if done == 0:
            return True
        return done < self.trials and (self.seconds is None or spent + spent / done <= self.seconds)


def seconds_of(text: str) -> float:
    """Seconds in a text such as "30s", "5m" or "1.5h"; raises `BadSetting`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip().lower())
    if found is None or float(found[1]) <= 0:
        raise BadSetting(f"A budget is a number with s, m or h behind it, such as 30s, 5m or 1h (got {text!r}).")
    return float(found[1]) * UNITS[found[2]]


def span(seconds: float) -> str:
    """Seconds for people, such as "45 s", "3:20 min" or "1:05 h"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"

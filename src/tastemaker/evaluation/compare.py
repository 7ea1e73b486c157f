"""Two models on the same users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tastemaker.core import DataError
from tastemaker.evaluation.measured import Measured, with_intervals
from tastemaker.evaluation.report import Report


@dataclass(frozen=True)
class Comparison:
    """Mean difference a user, A less B, with its paired bootstrap 95 % interval, by metric.

    An interval that does not hold 0 says that A and B differ on users like these; it says nothing of another
    training seed or another split.
    """

    a: str
    b: str
    differences: Mapping[str, Measured]

    def __getitem__(self, metric: str) -> Measured:
        return self.differences[metric]

    def __str__(self) -> str:
        return self.table()

    def table(self) -> str:
        """One line a metric: difference, interval, number of users; ``*`` where the interval is off 0."""
        width = max(map(len, self.differences), default=0)
        lines = [f"{self.a} - {self.b}"]
        for name, found in self.differences.items():
            mark = " *" if found.low > 0 or found.high < 0 else ""
            lines.append(f"  {name:<{width}}  {found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]{mark}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "a": self.a,
            "b": self.b,
            "differences": {n: m.to_json() for n, m in self.differences.items()},
        }


def compare(a: Report, b: Report, *, seed: int = 0) -> Comparison:
    """Paired differences of all metrics with a value a user that both reports have.

    Raises:
        DataError: the reports are of different users or of lists of different length.
    """
    if a.users != b.users or a.k != b.k:
        raise DataError(
            f"{a.name!r} ({len(a.users)} users, k {a.k}) and {b.name!r} ({len(b.users)} users, k {b.k}) were "
            "measured on different users or lists. Evaluate both on the same test data with the same k."
        )
    differences = {name: one - other for name, one, other in _both(a, b)}
    defined = {name: column for name, column in differences.items() if np.isfinite(column).any()}
    return Comparison(a.name, b.name, with_intervals(defined, seed))


def _both(a: Report, b: Report) -> Iterator[tuple[str, Any, Any]]:
    for name, one in a.measures.items():
        other = b.measures.get(name)
        if one.values is not None and other is not None and other.values is not None:
            yield name, one.values, other.values

"""Attributes: typed columns about users or items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["number", "category", "place"]


@dataclass(frozen=True)
class Column:
    """One attribute of n users or items.

    Attributes:
        kind: "number" (float64, nan missing), "category" (str, "" missing, several joined by ``|``) or
            "place" (str, "" missing; levels from coarse to fine joined by ``/``, such as ``BR/SP`` or
            ``8/85/857`` for a postal code; each level is a category of its own).
        values: Shape (n,): float64 for numbers, object (str) otherwise.
    """

    kind: Kind
    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which rows have a value, shape (n,)."""
        if self.kind == "number":
            return np.asarray(np.isfinite(self.values.astype(np.float64)), bool)
        return np.asarray(self.values != "", bool)


Table = Mapping[str, Column]

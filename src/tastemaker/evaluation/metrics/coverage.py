"""Catalogue coverage at k."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component


@component
class Coverage:
    """Share of the catalogue that is in at least one list.

    Attributes:
        k: Places of a list that count.

    Source: Ge et al. 2010, section 3.1 (catalog coverage).
    """

    name: ClassVar[str] = "coverage"
    k: Annotated[int, Ge(1)] = 10

    def measure(self, exposure: NDArray[np.int64]) -> float:
        """In [0, 1]; nan for an empty catalogue."""
        return float((exposure > 0).mean()) if len(exposure) else float("nan")

"""Random rows are the test: for rating prediction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from tastemaker.core import component, generator
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import Share, assemble, by_share, check_shares


@component
class Ratings:
    """All rows, shuffled, are cut by shares; users and items may be new in the test.

    Attributes:
        validation: Share of the rows that choose, in (0, 1).
        test: Share of the rows that are predicted, in (0, 1).
        seed: Equal seeds give equal splits.
    """

    name: ClassVar[str] = "ratings"
    validation: Share = 0.1
    test: Share = 0.1
    seed: int = 0

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split."""
        check_shares(self.validation, self.test)
        n = len(data.interactions)
        place = (generator(self.seed, "split ratings").permutation(n) + 1) / max(n, 1)
        yield assemble(data, by_share(np.asarray(place, np.float64), self.validation, self.test))

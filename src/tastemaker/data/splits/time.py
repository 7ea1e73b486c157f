"""The newest events of all users are the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from tastemaker.core import component
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import (
    TEST,
    TRAIN,
    VALIDATION,
    Share,
    Strangers,
    assemble,
    check_shares,
    need_order,
)


@component
class Time:
    """One cut through time for all: the last share of all events is the test, the share before it validation.

    Events are in the order of (time, arrival) and the cut is by row, so of two events with one time the one
    that came first in the file is never on the later side.

    Attributes:
        validation: Share of the events that choose, in (0, 1).
        test: Share of the events that are predicted, in (0, 1).
        strangers: "keep" makes the three parts a partition; users without training then count as cold users.
            "drop" leaves out validation and test rows of such users.

    Source: Meng et al. 2020, "Exploring data splitting strategies", temporal global split.
    """

    name: ClassVar[str] = "time"
    validation: Share = 0.1
    test: Share = 0.1
    strangers: Strangers = "keep"

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split; raises `DataError` without clock times."""
        check_shares(self.validation, self.test)
        need_order(data, self.name, clock=True)
        n = len(data.interactions)
        part = np.full(n, TRAIN, np.int8)
        part[int(n * round(1 - (self.validation + self.test), 9)) :] = VALIDATION
        part[int(n * round(1 - self.test, 9)) :] = TEST
        yield assemble(data, part, self.strangers)

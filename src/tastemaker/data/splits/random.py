"""Random events of each user are the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from tastemaker.core import component, generator
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import TRAIN, Share, assemble, by_share, check_shares


@component
class Random:
    """Each user's events, shuffled, are cut by shares; whoever has one event keeps it in training.

    A user with few events has a test event before he has a validation event: of 2 events one is the test.

    Attributes:
        validation: Share of a user's events that choose, in (0, 1).
        test: Share of a user's events that are predicted, in (0, 1).
        seed: Equal seeds give equal splits.
    """

    name: ClassVar[str] = "random"
    validation: Share = 0.1
    test: Share = 0.1
    seed: int = 0

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split."""
        check_shares(self.validation, self.test)
        user = data.interactions.user
        order = np.lexsort((generator(self.seed, "split random").random(len(user)), user))
        start = data.by_user.start
        size = np.diff(start)[user[order]]
        place = np.empty(len(user))
        place[order] = (np.arange(len(user)) - start[user[order]] + 1) / size
        part = by_share(place, self.validation, self.test)
        part[order[size == 1]] = TRAIN
        yield assemble(data, part)

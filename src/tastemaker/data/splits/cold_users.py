"""Some users appear in the test alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tastemaker.core import component, generator
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.cold import Choosing, hold_out
from tastemaker.data.splits.parts import Share, assemble, check_shares


@component
class ColdUsers:
    """A share of the users is unknown in training and makes up the test.

    Attributes:
        test: Share of the users (with behaviour) that appear in the test alone, in (0, 1).
        validation: Share of the users that appear in the validation alone or, where `choosing` is "warm",
            share of the remaining rows, in (0, 1).
        choosing: "cold" chooses settings by other unknown users, which is what the test asks for; "warm" by
            users that training knows.
        seed: Equal seeds give equal splits.
    """

    name: ClassVar[str] = "cold_users"
    test: Share = 0.2
    validation: Share = 0.1
    choosing: Choosing = "cold"
    seed: int = 0

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split."""
        check_shares(self.validation, self.test)
        rng = generator(self.seed, "split cold_users")
        part = hold_out(data.interactions.user, rng, self.validation, self.test, self.choosing)
        yield assemble(data, part)

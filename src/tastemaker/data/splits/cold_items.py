"""Some items appear in the test alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from tastemaker.core import component, generator
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.cold import Choosing, hold_out
from tastemaker.data.splits.parts import Share, Strangers, assemble, check_shares


@component
class ColdItems:
    """A share of the items is unknown in training and makes up the test.

    Attributes:
        test: Share of the items (with behaviour) that appear in the test alone, in (0, 1).
        validation: Share of the items that appear in the validation alone or, where `choosing` is "warm",
            share of the remaining rows, in (0, 1).
        choosing: "cold" chooses settings by other unknown items, which is what the test asks for; "warm" by
            items that training knows.
        strangers: "drop" leaves out validation and test rows of users without a training row.
        seed: Equal seeds give equal splits.
    """

    name: ClassVar[str] = "cold_items"
    test: Share = 0.2
    validation: Share = 0.1
    choosing: Choosing = "cold"
    strangers: Strangers = "keep"
    seed: int = 0

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split."""
        check_shares(self.validation, self.test)
        rng = generator(self.seed, "split cold_items")
        part = hold_out(data.interactions.item, rng, self.validation, self.test, self.choosing)
        yield assemble(data, part, self.strangers)

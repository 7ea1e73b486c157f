"""The data say themselves what is the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from tastemaker.core import DataError, component
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split
from tastemaker.data.splits.parts import TEST, TRAIN, VALIDATION, assemble

VALIDATION_NAMES = ("val", "valid", "validation")


@component
class Given:
    """By the column `split`: val, valid or validation; test; any other value is training; in any case."""

    name: ClassVar[str] = "given"

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one split; raises `DataError` without the column."""
        if data.split is None:
            raise DataError("The split 'given' needs a column 'split' in the interactions, and there is none.")
        values, row = np.unique(data.split.astype(str), return_inverse=True)
        part = np.array([_part(value) for value in values], np.int8)[row]
        yield assemble(data, part)


def _part(value: str) -> int:
    value = value.strip().lower()
    return TEST if value == "test" else VALIDATION if value in VALIDATION_NAMES else TRAIN

"""Splitting a data set into what is learned from, what chooses and what is predicted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple, Protocol

from tastemaker.data.dataset import Dataset


class Split(NamedTuple):
    """Three data sets over the same users, items and content; their interactions do not overlap."""

    train: Dataset
    validation: Dataset
    test: Dataset


class Splitter(Protocol):
    """Cuts interactions; never touches users, items or content."""

    name: ClassVar[str]

    def split(self, data: Dataset) -> Iterator[Split]:
        """Yield one or more splits of `data`."""
        ...

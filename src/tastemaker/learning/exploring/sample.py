"""What is looked at: at most so many items, and all behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data import Dataset


def drawn(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """At most `most` of the numbers 0..n-1, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(generator(seed).choice(n, most, replace=False))


def thinned(data: Dataset, most: int, seed: int) -> Dataset:
    """`data` with the content of at most `most` items; those with behaviour are not preferred."""
    n = len(data.items)
    if n <= most:
        return data
    kept = np.zeros(n, bool)
    kept[drawn(n, most, seed)] = True
    content = {
        modality: [entry if there else () for entry, there in zip(entries, kept, strict=True)]
        for modality, entries in data.content.items()
    }
    return replace(data, content=content)


def capped(data: Dataset, most: Mapping[str, int]) -> Dataset:
    """`data` with at most so many files of each named modality, those of the first items."""
    content = dict(data.content)
    for modality, entries in data.content.items():
        left, kept = most.get(modality, -1), []
        for entry in entries if left >= 0 else ():
            kept.append(entry[: max(left, 0)])
            left -= len(entry)
        content[modality] = kept or entries
    return replace(data, content=content)


def files(data: Dataset, modality: str) -> int:
    """How many files (or texts) of a modality there are."""
    return sum(len(entry) for name, entries in data.content.items() if name == modality for entry in entries)

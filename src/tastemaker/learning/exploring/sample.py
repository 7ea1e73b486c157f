"""What is looked at: at most so many items, and all behaviour."""

from __future__ import annotations

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

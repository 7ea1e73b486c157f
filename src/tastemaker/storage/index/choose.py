"""Which index suits how many vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tastemaker.core import SavedError
from tastemaker.storage.index.ann import FaissIndex
from tastemaker.storage.index.base import Floats, VectorIndex
from tastemaker.storage.index.exact import ExactIndex
from tastemaker.storage.index.kept import build_once

EXACT_UP_TO = 200_000  # about 6 ms a query of 128 numbers on one thread


def index_for(
    vectors: Floats,
    *,
    exact_up_to: int = EXACT_UP_TO,
    recall: float = 0.95,
    queries: Floats | None = None,
    kept: Path | None = None,
) -> VectorIndex:
    """An index over `vectors`, shape (n, dim), by row number: exact up to so many, else built for the recall.

    Args:
        vectors: Zeros are never found.
        exact_up_to: The largest n that is searched exactly.
        recall: Share of the true best that an approximate one finds, on the average.
        queries: What is asked in truth, shape (q, dim), to measure the recall with; None takes rows of its own.
        kept: Folder where an approximate one is kept by its content, so that it is built once.

    Raises:
        MissingExtra: An approximate one is needed, and faiss is not installed.
    """
    rows, dim = np.arange(len(vectors), dtype=np.int32), vectors.shape[1]
    if len(vectors) <= exact_up_to:
        exact = ExactIndex(dim=dim)
        exact.put(rows, vectors)
        return exact
    index = FaissIndex(dim=dim, recall=recall)
    index.put(rows, vectors)
    if kept is None:
        index.build(queries)
    else:
        build_once(index, queries, kept)
    return index


def load_index(folder: Path) -> VectorIndex:
    """What `VectorIndex.save` wrote into `folder`; raises `SavedError` where that is no index."""
    problems = []
    for kind in (ExactIndex, FaissIndex):
        try:
            return kind.load(folder)
        except SavedError as error:
            problems.append(str(error))
    raise SavedError(f"{folder} holds no index: {' '.join(problems)}")

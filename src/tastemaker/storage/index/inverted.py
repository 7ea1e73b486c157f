"""An inverted file: vectors in lists around centres, of which a query opens the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra, SavedError, generator
from tastemaker.storage.index.base import Floats, Rows
from tastemaker.storage.index.exact import ExactIndex, Mask

DEPTHS = (20, 50, 100, 150, 200, 250, 300, 350, 400, 500, 700, 1000)  # ranks for which the recall is measured
SAMPLE = 128  # queries that it is measured with
BITS = 127  # the largest number of 8 bits
LEAST = 1e-30  # a vector is no smaller, so that it is not stretched beyond what float32 holds
INTERESTS = 3  # rows in a query that is made up: harder than one row, since it lies between the lists


def fetched(k: int) -> int:
    """Rows to ask the lists for, where the best `k` are wanted: products of codes of 8 bits are not the true ones."""
    return 10 + 5 * k // 4


@dataclass(frozen=True)
class Effort:
    """How many lists must be opened to find the best `depth` rows with the wanted recall."""

    depth: int
    lists: int


@final
class Inverted:
    """Vectors as whole numbers of 8 bits in about ``2 sqrt(n)`` lists; searched in the thread that asks.

    Args:
        file: The inverted file of Faiss.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    @classmethod
    def of(cls, vectors: Floats, rows: NDArray[np.intp]) -> Inverted:
        """Lists of these rows of `vectors`."""
        faiss = _faiss()
        dim, count = vectors.shape[1], max(1, int(2 * np.sqrt(len(rows))))
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        centres = faiss.IndexFlatIP(dim)
        file = faiss.IndexIVFScalarQuantizer(centres, dim, count, kind, faiss.METRIC_INNER_PRODUCT)
        file.by_residual = False
        file.cp.niter, file.cp.min_points_per_centroid, file.cp.max_points_per_centroid = 10, 1, 64
        own = _whole(vectors[rows], None)
        file.train(own)
        file.add_with_ids(own, rows.astype(np.int64))
        return cls(file)

    @property
    def count(self) -> int:
        """How many lists there are."""
        return int(self._file.nlist)

    def find(self, vectors: Floats, count: int, lists: int, usable: Mask | None = None) -> Rows:
        """The rows of the largest approximate products, (q, count), -1 pads; of the nearest `lists` lists alone."""
        faiss = _faiss()
        settings: dict[str, Any] = {"nprobe": min(lists, self.count)}
        if usable is not None:
            bits = np.packbits(usable, bitorder="little")  # kept alive until the search ends
            settings["sel"] = faiss.IDSelectorBitmap(bits)
        asked = faiss.SearchParametersIVF(**settings)
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # of this thread's searches
        try:
            found = self._file.search(_whole(vectors, 1), count, params=asked)[1]
        finally:
            faiss.omp_set_num_threads(before)
        return np.asarray(found, np.int32)

    def save(self, path: Path) -> None:
        """Write it."""
        _faiss().write_index(self._file, str(path))

    @classmethod
    def load(cls, path: Path, dim: int, rows: int) -> Inverted:
        """What `save` wrote; raises `SavedError` where it is damaged, or not over so many rows of that length."""
        faiss = _faiss()
        try:
            file = faiss.read_index(str(path))
        except RuntimeError as error:
            raise SavedError(f"{path} cannot be read. Make the index anew.") from error
        if not isinstance(file, faiss.IndexIVF) or file.d != dim or file.ntotal > rows:
            raise SavedError(f"{path} does not belong to {rows} vectors of length {dim}. Make the index anew.")
        return cls(file)


def tuned(lists: Inverted, exact: ExactIndex, queries: Floats, recall: float) -> tuple[Effort, ...]:
    """The least effort for each depth whose recall, less two standard errors, is as wanted; none where none is."""
    depths = [depth for depth in DEPTHS if depth <= len(exact)]
    truth = exact.search(queries, max(depths, default=1))[0]
    efforts, opened = [], 1
    for depth in depths:
        while opened <= lists.count and _least_recall(lists, queries, truth[:, :depth], opened) < recall:
            opened = max(opened + 1, int(1.3 * opened))
        if opened > lists.count:
            break
        efforts.append(Effort(depth, opened))
    return tuple(efforts)


def _least_recall(lists: Inverted, queries: Floats, truth: Rows, opened: int) -> float:
    found = lists.find(queries, fetched(truth.shape[1]), opened)
    pairs = zip(truth, found, strict=True)
    shares = np.array([np.isin(best[best >= 0], rows).mean() for best, rows in pairs if best[0] >= 0])
    return float(shares.mean() - 2 * shares.std() / np.sqrt(len(shares)))


def sample(exact: ExactIndex, queries: Floats | None, seed: int) -> Floats:
    """Queries to measure with, (q, dim): of those given, else sums of rows."""
    draw = generator(seed, "queries")
    given = exact.vectors[:0] if queries is None else queries[queries.any(axis=1)]
    if len(given):
        return given[draw.permutation(len(given))[:SAMPLE]]
    mixed: Floats = exact.vectors[draw.choice(np.flatnonzero(exact.known), (INTERESTS, SAMPLE))].sum(axis=0)
    return mixed


def _whole(vectors: Floats, axis: int | None) -> Floats:
    """All together, or each, stretched to what 8 bits hold; nan-free where all are zeros."""
    largest = np.abs(vectors).max(axis=axis, keepdims=True, initial=LEAST)
    return np.ascontiguousarray(vectors * (np.float32(BITS) / largest), np.float32)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingExtra("faiss", "ann") from error
    return faiss

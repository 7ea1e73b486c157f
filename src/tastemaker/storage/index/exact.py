"""All vectors, all products: nothing is approximated."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import BadSetting, DataError, SavedError, component
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.saved import MANIFEST, read_manifest, read_state, write_state
from tastemaker.core.top import top_k, top_of_blocks
from tastemaker.storage.index.base import Floats, Rows

FORMAT, KIND = 1, "exact index"
CELLS, LEAST = 1 << 21, 8192  # products held at a time: 8 MiB; and rows of a block at least
THIN = 1024  # rows of a product that stays in the cache until it is turned
SHARE = 0.15  # share of allowed rows up to which taking them out first is faster (100,000 x 128, one thread)

Mask = NDArray[np.bool_]
Dim = Annotated[int, Ge(1), Le(65_536)]


@final
@component
class ExactIndex:
    """Inner products with every vector, in blocks; of a filter that lets few through, with those alone.

    A row that is replaced while it is searched may for that moment count half old, half new.

    Attributes:
        dim: Length of a vector.
    """

    name: ClassVar[str] = "exact"
    dim: Dim

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._room = np.zeros((0, self.dim), np.float32)
        self._known = np.zeros(0, np.bool_)
        self._view = (self._room, self._known)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._view[0])

    @property
    def vectors(self) -> Floats:
        """All vectors, shape (n, dim), which must not be written to; zeros where there is none."""
        return self._view[0]

    @property
    def known(self) -> Mask:
        """Which rows have a vector, shape (n,)."""
        return self._view[1]

    def put(self, rows: Rows, vectors: Floats) -> None:
        """Add vectors, shape (n, dim), at the end or in place of those of `rows`; zeros are never found.

        Raises:
            DataError: The vectors are of another shape or not finite, or a row is negative.
        """
        rows = np.asarray(rows)
        vectors = np.asarray(vectors, np.float32)
        if vectors.shape != (len(rows), self.dim):
            raise DataError(f"{len(rows)} rows need vectors of shape ({len(rows)}, {self.dim}); got {vectors.shape}.")
        if not np.isfinite(vectors).all():
            raise DataError("Vectors are finite numbers; got nan or an infinite one.")
        if rows.min(initial=0) < 0:
            raise DataError(f"Row numbers begin at 0; got {rows.min()}.")
        with self._lock:
            size = max(len(self), int(rows.max(initial=-1)) + 1)
            self._grow(size)
            self._room[rows] = vectors
            self._known[rows] = vectors.any(axis=1)
            self._view = (self._room[:size], self._known[:size])

    def _grow(self, size: int) -> None:
        if size <= len(self._room):
            return
        old, known = self._view
        room = max(size, 2 * len(old))
        self._room, self._known = np.zeros((room, self.dim), np.float32), np.zeros(room, np.bool_)
        self._room[: len(old)], self._known[: len(old)] = old, known

    def search(self, vectors: Floats, k: int, allowed: Mask | None = None) -> tuple[Rows, Floats]:
        """As of `VectorIndex`."""
        vectors = asked(vectors, self.dim, k)
        allowed = checked(allowed, len(vectors))
        if allowed is not None and len(vectors) and few(allowed, len(self), SHARE):
            if allowed.ndim == 1:
                return self.among(vectors, np.flatnonzero(allowed), k)
            pairs = zip(vectors[:, None], allowed, strict=True)
            return joined([self.among(one, np.flatnonzero(own), k) for one, own in pairs])
        return self._all(vectors, k, allowed)

    def among(self, vectors: Floats, rows: NDArray[np.integer], k: int) -> tuple[Rows, Floats]:
        """As `search`, among ascending `rows` alone."""
        every, known = self._view
        if len(rows) and rows[-1] >= len(every):
            rows = rows[: np.searchsorted(rows, len(every))]
        there = known[rows]
        rows = rows if there.all() else rows[there]
        near = every.take(rows, axis=0)
        scores = (near @ vectors[0])[None] if _one(vectors) else _products(vectors, near)
        places, best = top_k(scores, min(k, len(rows)))
        found = rows.take(places).astype(np.int32) if len(rows) else places
        if places.min(initial=0) < 0:
            found[places < 0] = -1
        return _padded(found, best, k)

    def _all(self, vectors: Floats, k: int, allowed: Mask | None) -> tuple[Rows, Floats]:
        every, known = self._view
        barred = _barred(known, allowed)

        def scores(part: slice) -> Floats:
            found = _products(vectors, every[part])
            if barred is not None:
                found += barred[..., part]
            return found

        step = max(LEAST, CELLS // max(len(vectors), 1))
        return _padded(*top_of_blocks(scores, len(every), step, (len(vectors), min(k, len(every)))), k)

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        with replacing_folder(folder) as new:
            self.write(new)

    def write(self, folder: Path) -> None:
        """Write it into a folder that is there."""
        write_state(folder / "vectors.safetensors", {"vectors": self.vectors})
        write_json(folder / MANIFEST, {"kind": KIND, "format": FORMAT, "dim": self.dim})

    @classmethod
    def load(cls, folder: Path) -> ExactIndex:
        """What `save` wrote.

        Raises:
            SavedError: It is incomplete, damaged or from another format.
        """
        dim = read_manifest(folder, KIND, FORMAT).get("dim")
        vectors = read_state(folder / "vectors.safetensors").get("vectors", np.empty(0))
        if vectors.ndim != 2 or vectors.dtype != np.float32 or dim != vectors.shape[1]:
            raise SavedError(f"{folder} holds no vectors of length {dim}. Make the index anew.")
        index = cls(dim=vectors.shape[1])
        index.put(np.arange(len(vectors), dtype=np.int32), vectors)
        return index


def asked(vectors: Floats, dim: int, k: int) -> Floats:
    """Queries as float32, shape (q, dim).

    Raises:
        BadSetting: They are of another shape or not finite, or `k` is below 1.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise BadSetting(f"Queries are of shape {vectors.shape}; expected (q, {dim}).")
    if not np.isfinite(vectors).all():
        raise BadSetting("Queries are finite numbers; got nan or an infinite one.")
    if k < 1:
        raise BadSetting(f"Ask for at least 1 row; got k = {k}.")
    return vectors


def checked(allowed: Mask | None, queries: int) -> Mask | None:
    """The filter; raises `BadSetting` where it has another number of rows than there are queries, or is no mask."""
    if allowed is None:
        return None
    if allowed.dtype != np.bool_ or allowed.ndim not in {1, 2} or (allowed.ndim == 2 and len(allowed) != queries):
        raise BadSetting(
            f"`allowed` is {allowed.dtype} of shape {allowed.shape}; expected bool, (n,) or ({queries}, n)."
        )
    return allowed


def few(allowed: Mask, size: int, share: float) -> bool:
    """Whether a query may have this share of all rows at most, on the average."""
    lists = len(allowed) if allowed.ndim == 2 else 1
    return int(np.count_nonzero(allowed)) <= share * size * lists


def joined(found: list[tuple[Rows, Floats]]) -> tuple[Rows, Floats]:
    """Answers to several queries as one."""
    return np.concatenate([rows for rows, _ in found]), np.concatenate([best for _, best in found])


def _barred(known: Mask, allowed: Mask | None) -> Floats | None:
    """What to add to products: -inf for rows that cannot be found, (n,) or (q, n); None where all can."""
    usable = known
    if allowed is not None:
        usable = np.zeros((*allowed.shape[:-1], len(known)), np.bool_)
        usable[..., : allowed.shape[-1]] = allowed[..., : len(known)]
        usable &= known
    return None if usable.all() else np.where(usable, np.float32(0), np.float32(-np.inf))


def _products(vectors: Floats, rows: Floats) -> Floats:
    """Shape (q, n); a query of zeros says nothing, -inf. A thin product is faster the other way round, in blocks."""
    scores = np.empty((len(vectors), len(rows)), np.float32)
    turned = np.ascontiguousarray(vectors.T)
    for at in range(0, len(rows), THIN):
        scores[:, at : at + THIN] = (rows[at : at + THIN] @ turned).T
    scores[~vectors.any(axis=1)] = -np.inf
    return scores


def _one(vectors: Floats) -> bool:
    """Whether it is a single query that says something."""
    return len(vectors) == 1 and bool(vectors.any())


def _padded(rows: Rows, best: Floats, k: int) -> tuple[Rows, Floats]:
    if rows.shape[1] == k:
        return rows, best
    wide = ((0, 0), (0, k - rows.shape[1]))
    return np.pad(rows, wide, constant_values=-1), np.pad(best, wide, constant_values=-np.inf)

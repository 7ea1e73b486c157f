"""Most of the best, found in a part of the vectors: an inverted file of Faiss, as good as it was measured to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, ClassVar, final

import numpy as np
from annotated_types import Ge, Lt

from tastemaker.core import SavedError, component
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.saved import MANIFEST, read_manifest, read_state, write_state
from tastemaker.storage.index.base import Floats, Rows
from tastemaker.storage.index.exact import SHARE, Dim, ExactIndex, Mask, asked, checked, joined
from tastemaker.storage.index.inverted import Effort, Inverted, fetched, sample, tuned

FORMAT, KIND, LISTS = 1, "faiss index", "lists.faiss"
SPARE = 3.0  # deviations by which more are expected under a filter than are wanted
FEW = 20_000  # allowed rows up to which all of them are compared: a millisecond at 128 numbers


@dataclass(frozen=True)
class _Built:
    """What is searched approximately, and what came since.

    Attributes:
        lists: The inverted file; None before the first `build`.
        efforts: How many lists to open, by how deep the answer lies.
        number: Puts with a larger number came after it was built.
        fresh: Rows that are compared one by one, shape (n,).
    """

    lists: Inverted | None
    efforts: tuple[Effort, ...]
    number: int
    fresh: Mask

    def effort(self, depth: float) -> Effort | None:
        """The least that was measured to be enough for answers up to that rank; None where none was."""
        return next((effort for effort in self.efforts if effort.depth >= depth), None)


@final
@component
class FaissIndex:
    """Searches the lists of an inverted file whose centres are near, then compares with the vectors themselves.

    How many lists are opened was measured by `build`, for this recall. With a filter the best are looked for so deep
    that as many as wanted are among them if the filter has nothing to do with the query. Where it has, and fewer are,
    all that is allowed is compared; so it is where that is little. Vectors put later are compared one by one until the
    next `build`.

    Source: Jégou et al. 2011, "Product quantization for nearest neighbor search" (the inverted file); Douze et al.
    2024, "The Faiss library".

    Attributes:
        dim: Length of a vector.
        recall: Share of the true best that is found at least, on the average.
        seed: Of the sample that the recall is measured with.
    """

    name: ClassVar[str] = "faiss"
    dim: Dim
    recall: Annotated[float, Ge(0.5), Lt(1)] = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        self._exact = ExactIndex(dim=self.dim)
        self._lock = Lock()
        self._numbers = np.zeros(0, np.int64)  # of the put that wrote each row last
        self._puts = 0
        self._built = _Built(None, (), 0, np.zeros(0, np.bool_))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._exact)

    @property
    def fresh(self) -> int:
        """How many rows came or changed since `build`, and cost time in every search."""
        return int(np.count_nonzero(self._built.fresh))

    def put(self, rows: Rows, vectors: Floats) -> None:
        """As of `VectorIndex`; they are found at once."""
        with self._lock:
            self._exact.put(rows, vectors)
            numbers = np.zeros(len(self._exact), np.int64)
            numbers[: len(self._numbers)] = self._numbers
            self._puts += 1
            numbers[rows] = self._puts
            self._numbers = numbers
            self._renew(self._built.lists, self._built.efforts, self._built.number)

    def build(self, queries: Floats | None = None) -> None:
        """Make the lists anew from all vectors, and measure how many must be opened. Others may search and put.

        Args:
            queries: What is asked in truth, such as vectors of users, shape (q, dim); None takes rows of its own.

        Raises:
            MissingExtra: faiss is not installed.
        """
        with self._lock:
            number, vectors = self._puts, self._exact.vectors
        rows = np.flatnonzero(vectors.any(axis=1))
        lists = Inverted.of(vectors, rows) if len(rows) else None
        efforts = tuned(lists, self._exact, sample(self._exact, queries, self.seed), self.recall) if lists else ()
        with self._lock:
            self._renew(lists, efforts, number)

    def write_lists(self, folder: Path) -> None:
        """Write what `build` made, into a folder that is there: for an index of the same vectors."""
        if self._built.lists:
            self._built.lists.save(folder / LISTS)

    def read_lists(self, folder: Path, efforts: tuple[Effort, ...]) -> None:
        """Take what `write_lists` wrote, and how many lists must be opened, in the place of `build`.

        Raises:
            SavedError: They are damaged, or not of so many vectors.
            MissingExtra: faiss is not installed.
        """
        lists = Inverted.load(folder / LISTS, self.dim, len(self)) if efforts else None
        with self._lock:
            self._renew(lists, efforts, self._puts)

    @property
    def vectors(self) -> Floats:
        """All vectors, shape (n, dim), which must not be written to."""
        return self._exact.vectors

    @property
    def efforts(self) -> tuple[Effort, ...]:
        """How many lists are opened, as `build` measured it."""
        return self._built.efforts

    def _renew(self, lists: Inverted | None, efforts: tuple[Effort, ...], number: int) -> None:
        self._built = _Built(lists, efforts, number, self._numbers > number)

    def search(self, vectors: Floats, k: int, allowed: Mask | None = None) -> tuple[Rows, Floats]:
        """As of `VectorIndex`, but for the recall; the products are exact."""
        vectors = asked(vectors, self.dim, k)
        allowed = checked(allowed, len(vectors))
        if allowed is None or allowed.ndim == 1 or not len(vectors):
            return self._under(vectors, k, allowed)
        return joined([self._under(one, k, own) for one, own in zip(vectors[:, None], allowed, strict=True)])

    def _under(self, vectors: Floats, k: int, allowed: Mask | None) -> tuple[Rows, Floats]:
        """All queries under one filter."""
        built = self._built
        size = len(built.fresh)
        own = None if allowed is None else np.pad(allowed[:size], (0, max(size - len(allowed), 0)))
        count = size if own is None else int(np.count_nonzero(own))
        depth = k if own is None else int((k + SPARE * k**0.5) * size / max(count, 1))
        few = own is not None and count <= min(FEW, SHARE * size)
        effort = None if few else built.effort(depth)
        if built.lists is None or effort is None or not len(vectors):
            return self._exact.search(vectors, k, allowed)
        beside = np.flatnonzero(built.fresh)
        found = built.lists.find(vectors, fetched(depth), effort.lists, ~built.fresh if len(beside) else None)

        def answer(one: Floats, near: Rows) -> tuple[Rows, Floats]:
            rows = np.union1d(near[near >= 0], beside) if len(beside) else np.sort(near[near >= 0])
            rows, products = self._exact.among(one, rows if own is None else rows[own[rows]], k)
            return (rows, products) if rows[0, -1] >= 0 else self._exact.search(one, k, allowed)

        return joined([answer(one, near) for one, near in zip(vectors[:, None], found, strict=True)])

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        built, settings = self._built, {"dim": self.dim, "recall": self.recall, "seed": self.seed}
        efforts = [[effort.depth, effort.lists] for effort in built.efforts]
        with replacing_folder(folder) as new:
            self._exact.save(new / "exact")
            write_state(new / "fresh.safetensors", {"fresh": built.fresh})
            if built.lists:
                built.lists.save(new / LISTS)
            write_json(new / MANIFEST, {"kind": KIND, "format": FORMAT, "settings": settings, "efforts": efforts})

    @classmethod
    def load(cls, folder: Path) -> FaissIndex:
        """What `save` wrote.

        Raises:
            SavedError: It is incomplete, damaged or from another format.
            MissingExtra: faiss is not installed.
        """
        spec: dict[str, Any] = read_manifest(folder, KIND, FORMAT)
        exact, fresh = ExactIndex.load(folder / "exact"), read_state(folder / "fresh.safetensors").get("fresh")
        try:
            index = cls(**spec["settings"])
            efforts = tuple(Effort(int(depth), int(lists)) for depth, lists in spec["efforts"])
        except (KeyError, TypeError, ValueError) as error:
            raise SavedError(f"{folder / MANIFEST} is damaged ({error}). Make the index anew.") from error
        if fresh is None or fresh.shape != (len(exact),) or fresh.dtype != np.bool_ or index.dim != exact.dim:
            raise SavedError(f"The files of {folder} do not belong together. Make the index anew.")
        index._exact, index._numbers, index._puts = exact, fresh.astype(np.int64), 1
        lists = Inverted.load(folder / LISTS, index.dim, len(exact)) if efforts else None
        index._renew(lists, efforts, 0)
        return index

"""What users wrote about items, as vectors, and as part of the items' own text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray

from tastemaker.core import Run, component, fingerprints
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.filling import fill
from tastemaker.features.texts import sound
from tastemaker.features.whiten import Whitening

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """How comments are read.

    Attributes:
        encoders: Those that made the items' vectors; the text encoders among them read the comments.
        whitenings: What the comments' vectors go through, by encoder name.
        cache: Where the comments' vectors are kept; None takes the user's cache folder.
    """

    encoders: Sequence[Encoder] = ()
    whitenings: Mapping[str, Whitening] = field(default_factory=dict)
    cache: FeatureCache | None = None

    def text(self, name: str) -> Encoder | None:
        """The text encoder of that name."""
        return next((e for e in self.encoders if e.name == name and e.source == "text"), None)


@component
class Comments:
    """Comments as text of the items, from training rows alone.

    ``v' = (1 - share) v + share mean(c)`` over the vectors c of an item's comments; mean(c) where an item has no text.

    Attributes:
        most: The latest so many comments of an item count; 0: none do.
        share: Their weight.
    """

    most: Annotated[int, Ge(0), Le(10_000)] = 0
    share: Annotated[float, Gt(0), Lt(1)] = 0.5

    def join(self, items: FeatureSet, train: Dataset, reading: Reading, run: Run) -> FeatureSet:
        """`items` with the comments of `train` in the vectors of its text encoders.

        Args:
            items: Vectors as the encoders gave them.
            train: What is learned from; comments of other rows must not be in it.
            reading: How comments are read; whitenings are of no matter.
            run: Progress.
        """
        if not self.most or train.comments is None:
            return items
        kept = np.where(_latest(train, self.most), train.comments, "")
        out = dict(items)
        for name, found in items.items():
            if encoder := reading.text(name):
                rows, vectors = said(kept, encoder, reading.cache or FeatureCache(say=run.say), run)
                out[name] = self._joined(found, train.interactions.item[rows], vectors)
        return out

    def _joined(self, found: Features, item: NDArray[np.int32], vectors: Rows) -> Features:
        if not len(item):
            return found
        which, place, count = np.unique(item, return_inverse=True, return_counts=True)
        total = np.zeros((len(which), vectors.shape[1]), np.float64)
        np.add.at(total, place, vectors)
        mean = total / count[:, None]
        old = found.present[which, None]
        out, present = found.vectors.copy(), found.present.copy()
        out[which] = np.where(old, (1 - self.share) * found.vectors[which] + self.share * mean, mean)
        present[which] = True
        return Features(found.source, out, present)


def _latest(train: Dataset, most: int) -> NDArray[np.bool_]:
    """Which interactions are among the latest `most` of their item that have a comment."""
    rows = np.flatnonzero(train.comments != "")[::-1]
    item = train.interactions.item[rows]
    order = np.argsort(item, kind="stable")
    starts = np.flatnonzero(np.diff(item[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    out = np.zeros(len(train.interactions), bool)
    out[rows[order[rank < most]]] = True
    return out


def said(
    comments: NDArray[np.object_], encoder: Encoder, cache: FeatureCache, run: Run
) -> tuple[NDArray[np.int64], Rows]:
    """Rows with a comment, and the comments' vectors.

    Args:
        comments: One a row, "" none.
        encoder: Of texts.
        cache: Where the vectors are kept.
        run: Progress.
    """
    texts = {int(row): sound(str(comments[row])) for row in np.flatnonzero(comments != "")}
    keys = {row: fingerprints.of_bytes(text.encode()) for row, text in texts.items() if text}
    vectors = fill(encoder, {key: texts[row] for row, key in keys.items()}, cache, run).vectors
    rows = [row for row, key in keys.items() if key in vectors]
    made = vectors.of([keys[row] for row in rows]) if rows else np.zeros((0, 1), np.float32)
    return np.array(rows, np.int64), made

"""Imputation: what an item lacks, from the items that are like it by what it has, or by who liked both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.fusion.regress import regressed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CELLS = 1 << 24  # similarities held at a time
How = Literal["none", "neighbours", "hops", "pagerank", "regress"]
Reals = NDArray[np.float32]


@component
class Impute:
    """Vectors for the rows of a source that are absent, from its present rows; these stay as they are.

    With S the similarities of an item to its `k` nearest, rows summing to 1:

    * "neighbours": ``x = S X`` over the neighbours that have the source;
    * "hops": the same `steps` times over, what was filled before counting as there;
    * "pagerank": ``F <- (1 - restart) S F``, the present rows put back after each of `steps` rounds, so that what is
      further away counts less;
    * "regress": by ridge regression from the sources that the item has, see `regressed`; no graph.

    A row that nothing reaches stays absent. Nothing is learned, and behaviour beyond `data` is never looked at.

    Source: Malitesta et al. 2024, arXiv 2408.11767 (training-free imputation over co-interaction graphs).

    Attributes:
        how: "none" leaves everything to the masks.
        graph: "content": the mean cosine over the sources that both items have; "likes": cosine of who liked both.
        k: Neighbours an item.
        steps: Rounds of "hops" and "pagerank".
        restart: Weight that is lost in each round of "pagerank".
    """

    how: How = "none"
    graph: Literal["content", "likes"] = "content"
    k: Annotated[int, Ge(1)] = 10
    steps: Annotated[int, Ge(1)] = 5
    restart: Annotated[float, Gt(0), Lt(1)] = 0.15

    def fill(self, features: FeatureSet, data: Dataset) -> FeatureSet:
        """The features with what could be filled, marked as present."""
        if self.how == "none" or not features or all(found.present.all() for found in features.values()):
            return features
        if self.how == "regress":
            return regressed(features)
        near = _likes(data, self.k) if self.graph == "likes" else _content(features, self.k)
        return {name: self._filled(found, near) for name, found in features.items()}

    def _filled(self, found: Features, near: csr_array) -> Features:
        rounds = 1 if self.how == "neighbours" else self.steps
        there, vectors = found.present, np.where(found.present[:, None], found.vectors, np.float32(0))
        weight = there.astype(np.float32)
        for _ in range(rounds):
            spread, reached = near @ vectors, np.asarray(near @ weight)
            if self.how == "pagerank":
                spread, reached = (1 - self.restart) * spread, (1 - self.restart) * reached
            else:
                spread, reached = spread / np.maximum(reached, 1e-9)[:, None], (reached > 0).astype(np.float32)
            vectors = np.where(there[:, None], found.vectors, spread).astype(np.float32)
            weight = np.where(there, np.float32(1), reached).astype(np.float32)
        filled = weight > 0
        even = vectors / np.where(there, 1, np.maximum(weight, 1e-9))[:, None]
        return Features(found.source, np.where(filled[:, None], even, 0).astype(np.float32), filled)


def _content(features: FeatureSet, k: int) -> csr_array:
    """The `k` nearest by the mean cosine over the sources that both have."""
    units = [_unit(found) for found in features.values()]
    masks = [found.present.astype(np.float32) for found in features.values()]
    n = len(masks[0])

    def block(rows: slice) -> Reals:
        alike = sum((unit[rows] @ unit.T for unit in units), np.zeros((1, 1), np.float32))
        shared = sum((np.outer(mask[rows], mask) for mask in masks), np.zeros((1, 1), np.float32))
        out: Reals = np.divide(alike, np.maximum(shared, 1), dtype=np.float32)
        return out

    return _nearest(block, n, k)


def _likes(data: Dataset, k: int) -> csr_array:
    """The `k` nearest by the cosine of who liked both."""
    from scipy.sparse import csr_array, diags_array

    users, items = np.divmod(data.liked_pairs, max(len(data.items), 1))
    n = len(data.items)
    made = csr_array((np.ones(len(users), np.float32), (users, items)), shape=(len(data.users), n))
    norms = np.sqrt(np.maximum(np.asarray(made.sum(axis=0)).ravel(), 1))
    scaled = csr_array(made @ diags_array(1 / norms))
    turned = csr_array(scaled.T)
    return _nearest(lambda rows: np.asarray((turned[rows] @ scaled).toarray(), np.float32), n, k)


def _nearest(block: Any, n: int, k: int) -> csr_array:
    """Positive similarities of each item to its `k` nearest others, rows summing to 1."""
    from scipy.sparse import csr_array

    step = max(1, CELLS // max(n, 1))
    rows, columns, values = [], [], []
    for at in range(0, n, step):
        part = slice(at, min(at + step, n))
        alike = block(part)
        alike[np.arange(len(alike)), np.arange(part.start, part.stop)] = 0
        if k < n:
            alike[alike < np.partition(alike, -k, axis=1)[:, -k, None]] = 0
        row, column = np.nonzero(alike > 0)
        rows.append(row + part.start)
        columns.append(column)
        values.append(alike[row, column])
    found = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n))
    total = np.asarray(found.sum(axis=1)).ravel()
    found.data /= np.repeat(np.maximum(total, 1e-12), np.diff(found.indptr))
    return found


def _unit(found: Features) -> Reals:
    """Centred rows of length 1, zeros where absent."""
    if not found.present.any():
        return np.zeros_like(found.vectors)
    centred = np.where(found.present[:, None], found.vectors - found.vectors[found.present].mean(axis=0), 0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12), np.float32)

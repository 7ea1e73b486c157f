"""What `bpr`, `vbpr` and `neumf` have in common: factors of items in two parts, and users made of histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.core.space import Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models import histories
from tastemaker.models.base import Given, Scores, State, array

if TYPE_CHECKING:
    from tastemaker.fusion import Fusion
    from tastemaker.models.nets.pairs import Task

Reals = NDArray[np.float32]
PARTS = ("reads", "ranks", "bias", "known")

SPACE: SearchSpace = {
    "dim": Range(16, 256, log=True),
    "learning_rate": Range(5e-4, 2e-2, log=True),
    "reg": Range(1e-5, 1e-1, log=True),
    "alpha": Range(0.2, 1.0),
    "decay": Range(0.6, 1.0),
}


class Reading(NamedTuple):
    """How a history is read: ``sum_j w_j p_j / (sum_j |w_j|)^alpha``, ``w_j = decay ** steps back``."""

    alpha: float
    decay: float
    dislike: float


@dataclass(frozen=True)
class Factors:
    """What items say in a history, and how they rank; zeros where nothing is known.

    Source: Kabbur et al. 2013, FISM.

    Attributes:
        reads: Shape (n_items, width).
        ranks: Shape (n_items, width).
        bias: Shape (n_items,).
        known: Items of which anything is known, (n_items,).
        reading: How a history is read.
    """

    reads: Reals
    ranks: Reals
    bias: Reals
    known: NDArray[np.bool_]
    reading: Reading

    def users(self, queries: Sequence[Query]) -> tuple[Reals, NDArray[np.bool_]]:
        """The factors of each query, (q, width), and whether anything is known of it, (q,)."""
        alpha, decay, dislike = self.reading
        taken = histories.matrix(queries, len(self.known), decay=decay, dislike=dislike)
        taken.data *= self.known[taken.indices]
        size = np.asarray(abs(taken).sum(axis=1))
        users = (taken @ self.reads) / np.maximum(size, histories.FAINTEST)[:, None] ** alpha
        return users.astype(np.float32), size > 0

    def query_vectors(self, queries: Sequence[Query]) -> Reals:
        """The same with a 1 for the bias, (q, width + 1); zeros where nothing is known."""
        users, there = self.users(queries)
        return np.column_stack([users, there]).astype(np.float32)

    def item_vectors(self) -> Reals:
        """Factors and bias, (n_items, width + 1)."""
        return np.column_stack([self.ranks, self.bias]).astype(np.float32)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan where nothing is known."""
        where = self.query_vectors(queries)
        scores: Scores = where @ self.item_vectors().T
        scores[:, ~self.known] = np.nan
        scores[where[:, -1] == 0] = np.nan
        return scores

    def state(self) -> State:
        """Its arrays."""
        return {**{name: getattr(self, name) for name in PARTS}, "reading": np.array(self.reading)}

    @classmethod
    def restored(cls, state: State) -> Factors:
        """Take back what `state` gave."""
        reading = Reading(*array(state, "reading").tolist())
        reads, ranks, bias, known = (array(state, name) for name in PARTS)
        return cls(reads, ranks, bias, known.astype(bool), reading)


class Pairwise(Protocol):
    """Settings that all have; see `BPR`."""

    dim: int
    alpha: float
    negatives: int
    reg: float
    learning_rate: float
    epochs: int
    patience: int
    batch: int
    decay: float
    dislike: float


class Kind(NamedTuple):
    """What tells the models apart.

    Attributes:
        loss: "bpr", or "click" for cross-entropy.
        hidden: Width of the layers on top of the factors; 0 is an inner product.
        fusion: Of the items' content; None looks at none.
        id_dropout: Chance that an item's own vector is hidden in training.
    """

    loss: Literal["bpr", "click"] = "bpr"
    hidden: int = 0
    fusion: Fusion | None = None
    id_dropout: float = 0.0


def learned(model: Pairwise, kind: Kind, data: Dataset, given: Given, run: Run) -> Task:
    """Train factors so that each liked item ranks before drawn ones, by what else its user liked."""
    from tastemaker.models.nets.fitting import fit
    from tastemaker.models.nets.pairs import Plan, Task
    from tastemaker.training import TrainSettings

    settings = TrainSettings(rate=model.learning_rate, epochs=model.epochs, patience=model.patience, batch=model.batch)
    reading = Reading(model.alpha, model.decay if data.clock != "none" else 1.0, model.dislike)
    names = ("dim", "batch", "negatives", "reg")
    plan = Plan(kind, reading, **{name: getattr(model, name) for name in names})
    features = given.features if kind.fusion else None
    key = of_json(spec_of(model))
    return fit(lambda d, r: Task(plan, d, features, r), data, given, settings=settings, run=run, key=key)[0]

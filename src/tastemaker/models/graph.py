"""What the graph models have in common: the rule for users, and how they are planned and fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run, SavedError, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models import histories, sparse
from tastemaker.models.base import Given, Scores, State, array
from tastemaker.models.halves import opinions

if TYPE_CHECKING:
    from tastemaker.models.beside import Beside
    from tastemaker.models.nets.items import ItemSources
    from tastemaker.models.nets.likes import Net

Vectors = NDArray[np.float32]
SPACE: SearchSpace = {
    "dim": Choice((32, 64, 128)),
    "layers": Choice((0, 1, 2)),
    "temperature": Range(0.05, 0.5, log=True),
    "popularity": Range(0.0, 0.5),
    "drop": Range(0.1, 0.8),
    "learning_rate": Range(1e-3, 2e-2, log=True),
    "weight_decay": Choice((0.0, 0.01, 0.1)),
}


@dataclass(frozen=True)
class Reader:
    """Trained item vectors and the rule for users: ``u(h) = sum_j w_j v_j n_j^-1/2 / sqrt(sum_j |w_j|)``.

    Attributes:
        items: Vectors of the items, (n_items, d); zeros where nothing is known.
        popular: Likes n of each item in training, (n_items,); items that nobody liked count as liked once.
        decay: Weight of a step back in the history.
        dislike: Weight of disliked items.
    """

    items: Vectors
    popular: NDArray[np.float32]
    decay: float = 1.0
    dislike: float = 0.0

    def __call__(self, queries: Sequence[Query]) -> Vectors:
        """Vectors of the queries, (q, d); zeros where nothing is known."""
        taken = histories.matrix(queries, len(self.items), decay=self.decay, dislike=self.dislike)
        size = np.asarray(abs(taken).sum(axis=1)).ravel()
        taken.data *= np.maximum(self.popular, 1)[taken.indices] ** -0.5
        out = np.asarray(taken @ self.items) / np.sqrt(np.maximum(size, histories.FAINTEST))[:, None]
        return np.asarray(out, np.float32)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for unknown items and where nothing is known of the query."""
        return opinions(self, queries)

    def pack(self) -> dict[str, NDArray[Any]]:
        """Item vectors, likes, and weights of the history."""
        weights = np.array([self.decay, self.dislike])
        return {"items": self.items, "popular": self.popular, "weights": weights}


def restored(state: State) -> Reader:
    """Rebuild what `Reader.pack` gave; raises `SavedError`."""
    items, popular, weights = (array(state, name) for name in ("items", "popular", "weights"))
    if items.ndim != 2 or popular.shape != items.shape[:1] or weights.shape != (2,):
        raise SavedError("The saved item vectors do not fit together. Fit it anew.")
    return Reader(items, popular, *weights.tolist())


Make = Callable[["ItemSources"], "Net"]


def learned(  # noqa: PLR0913 - a model, its network, what it learns from, and what stands beside it
    model: Any, make: Make, data: Dataset, given: Given, run: Run, *, beside: Beside | None = None
) -> Reader:
    """Train the network that `make` makes of the sources; `beside` chooses its weights by the way.

    `model` has the settings of `Plan` and of training; see `LightGCN`.
    """
    from tastemaker.models.nets.fitting import fit
    from tastemaker.models.nets.items import sources_of
    from tastemaker.models.nets.likes import Plan, Task
    from tastemaker.training import TrainSettings
    from tastemaker.training.devices import device_of, moved

    settings = TrainSettings.of(model)
    plan = Plan(**{name: value for name, value in vars(model).items() if name in Plan._fields})

    def task(data: Dataset, run: Run) -> Task:
        liked = sparse.liked(data)
        sources = moved(sources_of(data, given.features), device_of(run))
        return Task(plan, make(sources), liked, run)

    def reader(task: Task) -> Reader:
        decay = model.decay if data.clock != "none" else 1.0
        return Reader(task.vectors(), task.popular, decay, model.dislike)

    look = None if beside is None else beside.looking(reader)
    done, _ = fit(task, data, given, settings=settings, run=run, key=of_json(spec_of(model)), look=look)
    return reader(done)

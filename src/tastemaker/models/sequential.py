"""What `transformer`, `gru` and `cnn` have in common: how they are tuned, planned and fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from tastemaker.core import Run, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset
from tastemaker.models import sparse
from tastemaker.models.base import Given
from tastemaker.models.beside import Beside
from tastemaker.models.halves import Halves
from tastemaker.models.kernels import placed

if TYPE_CHECKING:
    from tastemaker.models.nets.encoders import EncoderShape
    from tastemaker.models.nets.sequences import Loss

Content = Literal["kernel", "fusion"]
SPACE: SearchSpace = {
    "dim": Choice((32, 64, 128)),
    "dropout": Range(0.1, 0.6),
    "learning_rate": Range(3e-4, 5e-3, log=True),
    "id_dropout": Range(0.0, 0.6),
    "temperature": Range(0.04, 0.3, log=True),
    "weight_decay": Choice((0.0, 0.01, 0.1)),
}


class Sequential(Protocol):
    """Settings that all have; see `Transformer`."""

    content: Content
    closed: float | None
    closed_new: float | None
    new_penalty: float | None
    fusion: Any
    loss: Loss
    negatives: int
    alpha: float
    full: int
    id_dropout: float
    source_dropout: float
    temperature: float
    align: float
    learning_rate: float
    weight_decay: float
    epochs: int
    patience: int
    batch: int


class Learned(NamedTuple):
    """What a model learned.

    Attributes:
        halves: The trained encoder, and beside it what content says.
        epochs: How many were best.
    """

    halves: Halves
    epochs: int

    def settled(self, model: Sequential) -> dict[str, Any]:
        """The model with all that held-out behaviour chose: nothing need be held out to learn it anew."""
        known, new, penalty = weights = self.halves.weights
        spoke = self.halves.closed is not None or not any(weights)
        chosen = {"closed": known, "closed_new": new, "new_penalty": penalty} if spoke else {}
        return {**spec_of(model), "epochs": max(1, self.epochs), "patience": 0, **chosen}


def learned(model: Sequential, shape: EncoderShape, data: Dataset, given: Given, run: Run) -> Learned:
    """Train an encoder of this shape to tell the next liked item at every place of every history."""
    from tastemaker.models.nets.fitting import fit
    from tastemaker.models.nets.sequences import Plan, Task
    from tastemaker.training import TrainSettings

    settings = TrainSettings.of(model, schedule="cosine")
    plan = Plan(shape, **{name: getattr(model, name) for name in Plan._fields[1:]})
    key = of_json(spec_of(model))
    beside = Beside(given, run, model.closed, model.closed_new, model.new_penalty)
    look = beside.looking(Task.reader)

    def make(data: Dataset, run: Run) -> Task:
        features = given.features
        if model.content == "kernel":
            features = placed(features, sparse.liked(data), seed=run.seed)
        return Task(plan, data, features, run)

    task, best = fit(make, data, given, settings=settings, run=run, key=key, look=look)
    return Learned(beside.halves(task.frozen(), data), best)

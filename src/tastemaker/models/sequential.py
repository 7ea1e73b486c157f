"""What `transformer`, `gru` and `cnn` have in common: how they are tuned, planned and fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from tastemaker.core import Run, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset
from tastemaker.models import sparse
from tastemaker.models.base import Given
from tastemaker.models.kernels import placed

if TYPE_CHECKING:
    from tastemaker.models.nets.encoders import EncoderShape
    from tastemaker.models.nets.sequences import Loss, Reader

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
    fusion: Any
    loss: Loss
    negatives: int
    alpha: float
    full: int
    id_dropout: float
    source_dropout: float
    temperature: float
    learning_rate: float
    weight_decay: float
    epochs: int
    patience: int
    batch: int


def learned(model: Sequential, shape: EncoderShape, data: Dataset, given: Given, run: Run) -> tuple[Reader, int]:
    """Train an encoder of this shape to tell the next liked item at every place of every history.

    Gives back what was learned, and the number of epochs that were best.
    """
    from tastemaker.models.nets.fitting import fit
    from tastemaker.models.nets.sequences import Plan, Task
    from tastemaker.training import TrainSettings

    settings = TrainSettings.of(model, schedule="cosine")
    names = ("fusion", "loss", "batch", "negatives", "alpha", "full", "id_dropout", "source_dropout", "temperature")
    plan = Plan(shape, **{name: getattr(model, name) for name in names})
    key = of_json(spec_of(model))
    features = given.features
    if model.content == "kernel":
        features = placed(features, sparse.liked(data), seed=run.seed)
    task, best = fit(lambda d, r: Task(plan, d, features, r), data, given, settings=settings, run=run, key=key)
    return task.frozen(), best

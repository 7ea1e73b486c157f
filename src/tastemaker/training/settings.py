"""Settings of the loop, and what it tells afterwards; light, so that components may import it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Gt

from tastemaker.core import component

Stop = Literal["epochs", "patience", "time"]
AHEAD = 0.05  # of the time budget that may be gone before as large a share of the epochs is


@component
class TrainSettings:
    """How one module is trained.

    Attributes:
        optimizer: "adam", or "sgd" with momentum 0.9.
        rate: Learning rate.
        weight_decay: Decoupled pull of all weights to zero a step, times the rate.
        epochs: Most passes over the batches.
        patience: Epochs without a better validation figure after which training ends; 0: all are trained.
        batch: Examples a step; the batches' maker takes it from here.
        clip: Largest norm of a gradient; 0 clips nothing.
        keep_start: Whether the untrained weights may win, as epoch 0.
        schedule: "constant", or "cosine": from `rate` at the first of `epochs` towards 0 after the last, or when the
            time is up.
        warmup: Steps over which the rate grows from 0.
    """

    optimizer: Literal["adam", "sgd"] = "adam"
    rate: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epochs: Annotated[int, Ge(1)] = 20
    patience: Annotated[int, Ge(0)] = 3
    batch: Annotated[int, Ge(1)] = 1024
    clip: Annotated[float, Ge(0)] = 5.0
    keep_start: bool = False
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: Annotated[int, Ge(0)] = 0

    @classmethod
    def of(cls, model: Any, **more: Any) -> Self:
        """The settings of a model that calls them as this class does, and its rate `learning_rate`."""
        shared = {name: getattr(model, name) for name in ("weight_decay", "epochs", "patience", "batch")}
        return cls(rate=model.learning_rate, **shared, **more)

    def rate_at(self, epoch: int, step: int, spent: float = 0.0) -> float:
        """The learning rate of a step, counted from 1 over all epochs, of an epoch, from 1.

        Args:
            epoch: From 1.
            step: From 1.
            spent: Share of the time budget that is gone; 0 without one.
        """
        trained = (epoch - 1) / self.epochs
        gone = min(1.0, spent if spent > trained + AHEAD else trained)  # a clock that does not press changes nothing
        fall = 0.5 * (1 + math.cos(math.pi * gone)) if self.schedule == "cosine" else 1.0
        return self.rate * fall * (min(1.0, step / self.warmup) if self.warmup else 1.0)


@dataclass(frozen=True)
class History:
    """What happened in training.

    Attributes:
        losses: Mean loss of each epoch.
        scores: Validation figure after each epoch, higher is better; empty without validation.
        best_epoch: The epoch whose weights the module now has, from 1; 0 are the untrained ones.
        stopped: Why training ended.
    """

    losses: tuple[float, ...]
    scores: tuple[float, ...]
    best_epoch: int
    stopped: Stop

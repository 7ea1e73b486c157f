"""The network of the mission: modalities, users and history through fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, final

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.data.held_out import hold_out
from tastemaker.fusion import FUSIONS
from tastemaker.models.base import Given, Recommender, Scores, State, array

if TYPE_CHECKING:
    from tastemaker.models.mlp_fit import Plan
    from tastemaker.models.mlp_fitted import Fitted
    from tastemaker.training import TrainSettings

Joined = Annotated[Any, BeforeValidator(FUSIONS.coerce)]


@final
@component
class MultimodalMLP(Recommender):
    """Predicts a rating or the chance of a click from the item's modalities, the user and his history.

    One linear projection a source of the item (text, image, audio, attributes ...), fused; beside it the item's
    own vector; on the other side the user's own vector, his attributes and texts, and the mean of what he liked;
    a fully connected layer with ReLU, and one number. Added are closed-form biases (ratings) or popularity
    (clicks). A stranger is answered from his history and profile, a new item from its content.

    Attributes:
        target: "rating" (squared error), "click" (cross-entropy with drawn negatives), or "auto": ratings where
            the data hold them.
        fusion: Name or specification of a fusion; trained jointly.
        hidden: Width of every projection.
        head: Width of the fully connected layer.
        optimizer: "adam" or "sgd".
        learning_rate: Of the optimizer; None is 0.001 for ratings and 0.002 for clicks, ten times that for sgd.
        weight_decay: Decoupled pull of all weights to zero, for adam.
        epochs: Most passes over the data.
        patience: Epochs without a better validation figure after which training ends.
        batch: Most examples a step; small data get smaller ones, so that an epoch has 20 steps.
        negatives: Items not taken that are drawn for each event, for clicks.
        dropout: Chance that an id, or what is known of a user, is hidden in training.
        item_ids: Whether items that were trained on have a vector of their own.
        last: Entries of a history that are pooled, the latest.
    """

    name: ClassVar[str] = "multimodal_mlp"
    space: ClassVar[SearchSpace] = {
        "hidden": Choice((64, 128, 256)),
        "head": Choice((32, 64, 128)),
        "learning_rate": Range(3e-4, 1e-2, log=True),
        "weight_decay": Range(0.01, 1.0, log=True),
        "negatives": Range(1, 16, log=True),
        "dropout": Range(0.0, 0.6),
    }
    target: Literal["auto", "rating", "click"] = "auto"
    fusion: Joined = Field(default_factory=lambda: FUSIONS.build("attention"))
    hidden: Annotated[int, Ge(1)] = 128
    head: Annotated[int, Ge(1)] = 64
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: Annotated[float, Gt(0)] | None = None
    weight_decay: Annotated[float, Ge(0)] = 0.3
    epochs: Annotated[int, Ge(1)] = 30
    patience: Annotated[int, Ge(1)] = 3
    batch: Annotated[int, Ge(1)] = 2048
    negatives: Annotated[int, Ge(1)] = 4
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    item_ids: bool = True
    last: Annotated[int, Ge(1)] = 200

    def __post_init__(self) -> None:
        self._fitted: Fitted | None = None
        self._threshold = 0.5

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Train; without validation data 10 % of the events choose the number of epochs, then all are learned."""
        from tastemaker.models.mlp_fit import Material, fit

        explicit = data.explicit if self.target == "auto" else self.target == "rating"
        plan = self._plan(explicit)
        material = Material(data, given.features or {}, given.users or {}, given.validation)
        held = hold_out(data, run.seed) if given.validation is None else None
        if held is not None:
            _, history = fit(plan, replace(material, data=held[0], validation=held[1]), run)
            run.say(f"Learning anew from all events for {history.best_epoch} epochs.")
            plan = replace(plan, settings=self._settings(explicit, max(1, history.best_epoch)))
        self._fitted, _ = fit(plan, material, run)
        self._threshold = _threshold(data) if explicit else 0.5

    def score(self, queries: Sequence[Query]) -> Scores:
        """Ratings, or logits of clicks; nan for items never trained on that have no content."""
        return self._known.score(queries)

    def rate(self, queries: Sequence[Query], items: NDArray[np.int32]) -> NDArray[np.float32]:
        """Predicted rating, or chance of a click, of each pair, shape (n,).

        The same function as `score` (for clicks its sigmoid), so lists are sorted by it. Item -1, or one of
        which nothing is known, is an unknown item: the user's usual rating.
        """
        found = self._known.rate(queries, items)
        if self._known.biases.explicit:
            return found
        return (1 / (1 + np.exp(-found.astype(np.float64)))).astype(np.float32)

    @property
    def threshold(self) -> float:
        """The prediction from which on the answer is yes: 0.5 of clicks, the lowest positive rating else."""
        return self._threshold

    def state(self) -> State:
        """The network, the vectors of all items, biases and sizes."""
        return {**self._known.state(), "threshold": np.array([self._threshold])}

    def restore(self, state: State) -> None:
        """Take back what `state` gave."""
        from tastemaker.models.mlp_fitted import restored

        self._fitted = restored(state, self.fusion)
        self._threshold = float(array(state, "threshold")[0])

    @property
    def _known(self) -> Fitted:
        if self._fitted is None:
            raise NotFitted(self)
        return self._fitted

    def _plan(self, explicit: bool) -> Plan:
        from tastemaker.models.mlp_fit import Plan

        return Plan(
            fusion=self.fusion,
            settings=self._settings(explicit),
            explicit=explicit,
            hidden=self.hidden,
            head=self.head,
            dropout=self.dropout,
            item_ids=self.item_ids,
            negatives=self.negatives,
            last=self.last,
        )

    def _settings(self, explicit: bool, epochs: int | None = None) -> TrainSettings:
        from tastemaker.training import TrainSettings

        usual = (1e-3 if explicit else 2e-3) * (10 if self.optimizer == "sgd" else 1)
        return TrainSettings(
            optimizer=self.optimizer,
            rate=self.learning_rate or usual,
            weight_decay=self.weight_decay if self.optimizer == "adam" else 0.0,
            epochs=epochs or self.epochs,
            patience=self.patience,
            batch=self.batch,
        )


def _threshold(data: Dataset) -> float:
    """The lowest rating that counts as positive; the mean where all do."""
    log = data.interactions
    liked = log.sign > 0
    return float(log.value[liked].min()) if 0 < liked.sum() < len(log) else float(log.value.mean())

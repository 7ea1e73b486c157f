"""Two towers: what somebody did and is, against what an item is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, final

import numpy as np
from annotated_types import Ge, Gt, Lt
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from tastemaker.core import NotFitted, Run, component, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.fusion import FUSIONS
from tastemaker.models import sparse
from tastemaker.models.base import Given, Recommender, Scores, State
from tastemaker.models.beside import Beside
from tastemaker.models.halves import Halves
from tastemaker.models.kernels import placed
from tastemaker.models.places import People, Places

if TYPE_CHECKING:
    from tastemaker.models.nets.towers import Plan
    from tastemaker.training import TrainSettings

Joined = Annotated[Any, BeforeValidator(FUSIONS.coerce)]


@final
@component
class TwoTower(Recommender):
    """Score an item by ``(sum_h q_h + A a) v_i + b_i``: history and attributes on one side, the item on the other.

    The vectors q, v and the bias b of an item are an own part, which is hidden at random in training, and a
    linear map of its content: so a new item stands where content puts it, and its popularity is told from
    content too. A part of each history is read and the rest told, by softmax over the liked items (sampled and
    corrected in large catalogues). Content is read through one kernel on all sources (see `kernels`), whose
    weights leave-one-out errors choose, or through projections and a fusion trained jointly.

    Where there is content, what it says in closed form (likeness, and ridge regression to behaviour: see
    `Content`) is added, both opinions of variance 1: gradients find what the closed form misses and forget some
    of what it knows, so that the sum ranks new items better than either. Held-out behaviour chooses its weight,
    and that at new items, behaviour at items that the towers were not shown.

    Source: Covington et al. 2016; Yi et al. 2019 (softmax corrected for sampling); Volkovs et al. 2017
    (DropoutNet); Liang et al. 2018 (parts of a history told from the rest).

    Attributes:
        content: "kernel", or "fusion": the sources projected, fused and trained jointly.
        fusion: Name or specification of that fusion.
        dim: Width of both towers.
        landmarks: Items that the kernel rests on, at most.
        width: Width of its vectors, at most.
        closed: Weight of the closed form beside the trained towers, 0 leaves it out; None: chosen.
        closed_new: The same at items that nobody liked; None: 0 where `closed` is 0, else chosen.
        new_penalty: Standard deviations of a query's opinions that these stand lower; None: chosen.
        id_dropout: Chance that the own vector of an item to be told is hidden in training.
        source_dropout: Chance that a source is hidden in training, with "fusion".
        attribute_dropout: Chance that a user's attributes are hidden, and chance that they are all that is read.
        align: Weight of a contrastive loss by which own vectors and content of an item find each other in a
            batch, and with "fusion" its sources too; 0 leaves it out.
        negatives: Drawn items that a batch shares.
        full: Catalogues up to this size are ranked whole instead.
        learning_rate: Of Adam, at first; it falls along a cosine.
        weight_decay: Decoupled pull of all weights to zero.
        epochs: Most passes over the users.
        patience: Epochs without a better validation figure after which training ends.
        batch: Most users a step; small data get smaller ones, so that an epoch has 20 steps.
    """

    name: ClassVar[str] = "two_tower"
    space: ClassVar[SearchSpace] = {
        "dim": Choice((32, 64, 128)),
        "id_dropout": Range(0.2, 0.9),
        "learning_rate": Range(1e-3, 1e-2, log=True),
        "weight_decay": Choice((0.0, 0.1, 1.0)),
    }
    content: Literal["kernel", "fusion"] = "kernel"
    fusion: Joined = Field(default_factory=lambda: FUSIONS.build("attention"))
    dim: Annotated[int, Ge(1)] = 64
    landmarks: Annotated[int, Ge(2)] = 1024
    width: Annotated[int, Ge(1)] = 512
    closed: Annotated[float, Ge(0)] | None = None
    closed_new: Annotated[float, Ge(0)] | None = None
    new_penalty: Annotated[float, Ge(0)] | None = None
    id_dropout: Annotated[float, Ge(0), Lt(1)] = 0.8
    source_dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    attribute_dropout: Annotated[float, Ge(0), Lt(1)] = 0.2
    align: Annotated[float, Ge(0)] = 0.0
    negatives: Annotated[int, Ge(1)] = 2048
    full: Annotated[int, Ge(0)] = 4000
    learning_rate: Annotated[float, Gt(0)] = 3e-3
    weight_decay: Annotated[float, Ge(0)] = 0.0
    epochs: Annotated[int, Ge(1)] = 30
    patience: Annotated[int, Ge(1)] = 10
    batch: Annotated[int, Ge(1)] = 256

    def __post_init__(self) -> None:
        self._halves: Halves | None = None

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Place the content, then train to tell one part of each history from the other."""
        from tastemaker.models.nets.fitting import fit
        from tastemaker.models.nets.items import sources_of
        from tastemaker.models.nets.towers import Task

        plan, settings = self._plans(fused=self.content == "fusion" and bool(given.features))
        reading = People.of(given.users)
        people = reading.known(given.users, len(data.users))

        def make(data: Dataset, run: Run) -> Task:
            features = given.features
            if self.content == "kernel":
                features = placed(features, sparse.liked(data), most=self.landmarks, keep=self.width, seed=run.seed)
            return Task(plan, data, sources_of(data, features), people, run)

        def towers(task: Task) -> Places:
            give, items, weights = task.frozen()
            return Places(give, items, weights[: people.shape[1]], reading)

        beside = Beside(given, run, self.closed, self.closed_new, self.new_penalty)
        look = beside.looking(towers)
        done, _ = fit(make, data, given, settings=settings, run=run, key=of_json(spec_of(self)), look=look)
        self._halves = beside.halves(towers(done), data)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Inner products; nan for an item of which nothing is known, and for such a query."""
        return self._fitted().score(queries)

    def query_vectors(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """Where each query stands, (q, d); zeros where nothing is known."""
        return self._fitted()(queries)

    def item_vectors(self) -> NDArray[np.float32]:
        """Where each item stands, (n_items, d); zeros where nothing is known."""
        return self._fitted().items

    def state(self) -> State:
        """Places of the items, and how histories and attributes are placed, in both halves."""
        return self._fitted().pack()

    def restore(self, state: State) -> None:
        """Take them back."""
        self._halves = Halves.unpack(state, Places.unpack(state))

    def _plans(self, *, fused: bool) -> tuple[Plan, TrainSettings]:
        """How the towers are made, and how they are trained."""
        from tastemaker.models.nets.towers import Plan
        from tastemaker.training import TrainSettings

        settings = TrainSettings.of(self, schedule="cosine")
        names = ("dim", "id_dropout", "source_dropout", "attribute_dropout", "batch", "negatives", "full", "align")
        plan = Plan(fusion=self.fusion if fused else None, **{name: getattr(self, name) for name in names})
        return plan, settings

    def _fitted(self) -> Halves:
        if self._halves is None:
            raise NotFitted(self)
        return self._halves

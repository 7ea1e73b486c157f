"""Choosing by held-out behaviour: models beside each other, the best or a blend, for users and for strangers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from tastemaker.data import Dataset
from tastemaker.data.held_out import Asked
from tastemaker.models.base import Given, Recommender, Scores
from tastemaker.models.blending import added, judge_of
from tastemaker.models.judging import Judge

Spec = dict[str, Any]
BLENDED = 12  # best models that a blend is made of
FEW = 10  # users below which their lists say nothing
_NONE: Scores = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Panel:
    """Who is asked what should have stood in his list: those of whom something is known, and strangers.

    Attributes:
        known: Users with a history.
        strangers: Users without.
    """

    known: Judge
    strangers: Judge

    @classmethod
    def of(cls, held: tuple[Dataset, Dataset], given: Given, asked: Asked) -> Self:
        """Users of the held-out part; with `asked` "cold_items" new items alone may be listed.

        With "any" the known users are two groups, as `hold_out` cuts them, and both questions count alike.
        """
        data, validation = held
        there = np.zeros(len(data.users), bool)
        there[data.interactions.user[data.interactions.sign != 0]] = True
        allowed = None
        if asked == "cold_items":
            allowed = np.zeros(len(data.items), bool)
            allowed[validation.interactions.item] = True
            allowed[data.interactions.item] = False
            allowed = allowed if allowed.any() else None  # what was held out is not new
        more: dict[str, Any] = {"people": given.users, "allowed": allowed}
        groups = 2 if asked == "any" else 1
        known = judge_of(data, validation, among=there, groups=groups, **more)
        return cls(known, judge_of(data, validation, among=~there, **more))


class Found(NamedTuple):
    """A model's NDCG@10, how to learn it anew, what it says, and a fingerprint of that."""

    figure: float
    spec: Spec
    scores: Scores
    mark: bytes


class Choice(NamedTuple):
    """What is kept: models with their weights, best first, and why."""

    parts: tuple[tuple[Spec, float], ...]
    said: str


class Tried:
    """What the models of a ladder say of both kinds of users.

    Args:
        panel: Who is asked.

    Attributes:
        some: Whether any model was added.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.some = False
        self._known: list[Found] = []
        self._strangers: list[Found] = []

    def add(self, model: Recommender, spec: Spec) -> None:
        """Ask a fitted model; what it says counts once where another says the same."""
        self.some = True
        for judge, found in ((self._panel.known, self._known), (self._panel.strangers, self._strangers)):
            if len(judge.users) < FEW:
                continue
            scores = model.score(judge.asking)
            mark = hashlib.blake2b(np.ascontiguousarray(scores + 0).data).digest()
            if all(mark != other.mark for other in found):
                found.append(Found(judge.ndcg_of(scores), spec, scores, mark))
                found.sort(key=lambda one: -one.figure)
                found[BLENDED:] = [one._replace(scores=_NONE) for one in found[BLENDED:]]  # in no blend

    def chosen(self, most: int, gain: float) -> tuple[Choice | None, Choice | None]:
        """What is kept for those who are known, and for strangers; None where they are too few to say."""
        known = best_of(self._panel.known, self._known, most, gain) if self._known else None
        strangers = best_of(self._panel.strangers, self._strangers, most, gain) if self._strangers else None
        return known, strangers


def best_of(judge: Judge, found: Sequence[Found], most: int, gain: float) -> Choice:
    """The best model or, where it gains more than `gain` of its figure, a blend of at most `most` models.

    `found` has the best first.
    """
    best, some = found[0], found[:BLENDED]
    said = ", ".join(f"{one.spec['name']} {one.figure:.4f}" for one in found)
    weights, figure = added(judge, [one.scores for one in some], "scores", most)
    if figure > best.figure * (1 + gain):
        parts = [(one.spec, float(w)) for one, w in zip(some, weights, strict=True) if w > 0]
        return Choice(tuple(parts), f"{said}; kept: a blend of {len(parts)}, {figure:.4f}")
    return Choice(((best.spec, 1.0),), f"{said}; kept: {best.spec['name']}, a blend {figure:.4f}")


def joined(known: Choice, strangers: Choice) -> Spec:
    """One specification that ranks for both as was chosen."""
    models = [spec for spec, _ in known.parts]
    models += [spec for spec, _ in strangers.parts if spec not in models]
    if len(models) == 1:
        return models[0]
    weights, others = ([_weight(choice, spec) for spec in models] for choice in (known, strangers))
    return {"name": "ensemble", "models": models, "weights": weights, "strangers": others}


def _weight(choice: Choice, spec: Spec) -> float:
    return next((weight for part, weight in choice.parts if part == spec), 0.0)

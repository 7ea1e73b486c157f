"""A request and its scenario made one: what the list may hold, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tastemaker.rules.cells import Mask
from tastemaker.rules.columns import Columns, View
from tastemaker.rules.expression import Rule
from tastemaker.rules.listable import listable
from tastemaker.serving.ask import Ask, Scenario, Weights
from tastemaker.serving.bandit import Bandit
from tastemaker.storage.base import Attribute

CANDIDATES = 200  # that are scored again where the order may still change
PLAIN = vars(Weights())


@dataclass(frozen=True, slots=True)
class Plan:
    """How one list is made.

    Attributes:
        view: Attributes of the items as they were when it was made; n items.
        allowed: What it may hold, bool, shape (n,).
        boosts: Factor of each item, float64, shape (n,); None without any.
        sources: Where candidates come from.
        caps: At most so many of one value of an attribute.
        diversity: 0..1.
        explore: Chance of another item at a place.
        weights: What the score is made of.
        depth: Candidates that are wanted.
        bandit: What chooses the items that are tried; None leaves it to chance.
    """

    view: View
    allowed: Mask
    boosts: NDArray[np.float64] | None
    sources: tuple[str, ...]
    caps: Mapping[str, int]
    diversity: float
    explore: float
    weights: Weights
    depth: int
    bandit: Bandit | None = None


class Planner:
    """Makes plans over the items of one model.

    Args:
        columns: What rules speak of.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._masks: dict[tuple[str, ...], NDArray[np.bool_]] = {}
        self._as_of = (-1, -1)

    def plan(self, ask: Ask, scenario: Scenario, about: Mapping[str, Attribute], now: float, disliked: bool) -> Plan:
        """The plan; `disliked` tells whether who asks dislikes something, which may change the order.

        Raises:
            BadSetting: a rule cannot be read, or speaks of an attribute that no item has.
        """
        view = self._columns.view()
        caps = scenario.caps if ask.caps is None else ask.caps
        diversity = scenario.diversity if ask.diversity is None else ask.diversity
        explore = scenario.explore if ask.explore is None else ask.explore
        weights = ask.weights or scenario.weights
        factors = [parsed(text) for text in _said(scenario.boost, ask.boost)]
        boosts = [factor.number(view, user=about, now=now) for factor in factors]
        plain = not (caps or diversity or explore or boosts or disliked) and vars(weights) == PLAIN
        return Plan(
            view=view,
            allowed=self._allowed(view, _said(scenario.filter, ask.filter), about, now),
            boosts=np.prod(boosts, axis=0) if boosts else None,
            sources=scenario.sources,
            caps=caps,
            diversity=diversity,
            explore=explore,
            weights=weights,
            depth=ask.k if plain and len(scenario.sources) == 1 else max(CANDIDATES, 3 * ask.k),
        )

    def _allowed(self, view: View, filters: list[str], about: Mapping[str, Attribute], now: float) -> Mask:
        """One array for all requests of a second with the same filters, so that they are searched together."""
        rules = [parsed(text) for text in filters]
        if any(not rule.pure for rule in rules):
            masks = [rule.mask(view, user=about, now=now) for rule in rules]
            return _all([self._allowed(view, [], about, now), *masks])
        if self._as_of != (view.version, int(now)):
            self._as_of, self._masks = (view.version, int(now)), {}
        key = tuple(sorted(filters))
        found = self._masks.get(key)
        if found is None:
            masks = [rule.mask(view, now=now) for rule in rules]
            found = self._masks[key] = _all([listable(view, now), *masks])
        return found


@lru_cache(maxsize=1024)
def parsed(text: str) -> Rule:
    """A rule; remembered, as the same few come again and again."""
    return Rule.parse(text)


def _all(masks: list[Mask]) -> Mask:
    return np.asarray(np.logical_and.reduce(masks), bool)


def _said(*texts: str) -> list[str]:
    return [text for text in texts if text.strip()]

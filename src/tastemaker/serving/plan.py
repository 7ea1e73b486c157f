"""A request and its scenario made one: what the list may hold, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.rules.columns import Columns
from tastemaker.rules.expression import Rule
from tastemaker.rules.listable import listable
from tastemaker.serving.ask import Ask, Scenario, Weights
from tastemaker.storage.base import Attribute

CANDIDATES = 200  # that are scored again where the order may still change
PLAIN = Weights()


@dataclass(frozen=True, slots=True)
class Plan:
    """How one list is made.

    Attributes:
        allowed: What it may hold, bool, shape (n,).
        boosts: Factor of each item, float64, shape (n,); None without any.
        sources: Where candidates come from.
        caps: At most so many of one value of an attribute.
        diversity: 0..1.
        explore: Chance of another item at a place.
        weights: What the score is made of.
        depth: Candidates that are wanted.
    """

    allowed: NDArray[np.bool_]
    boosts: NDArray[np.float64] | None
    sources: tuple[str, ...]
    caps: Mapping[str, int]
    diversity: float
    explore: float
    weights: Weights
    depth: int


class Planner:
    """Makes plans over the columns of one model's items."""

    def __init__(self, columns: Columns, scenarios: Mapping[str, Scenario]) -> None:
        self._columns, self._scenarios = columns, scenarios

    def plan(self, ask: Ask, about: Mapping[str, Attribute], now: float, n: int) -> Plan:
        """Raises `BadSetting` where a rule cannot be read, or speaks of an attribute that no item has."""
        scenario = self._scenarios.get(ask.scenario) or self._scenarios.get("", Scenario())
        caps = scenario.caps if ask.caps is None else ask.caps
        diversity = scenario.diversity if ask.diversity is None else ask.diversity
        explore = scenario.explore if ask.explore is None else ask.explore
        weights = ask.weights or scenario.weights
        boosts = [
            Rule.parse(text).number(self._columns, user=about, now=now) for text in _said(scenario.boost, ask.boost)
        ]
        plain = not (caps or diversity or explore or boosts) and weights == PLAIN and scenario.sources == ["model"]
        return Plan(
            allowed=self._allowed(_said(scenario.filter, ask.filter), about, now)[:n],
            boosts=np.prod(boosts, axis=0)[:n] if boosts else None,
            sources=tuple(scenario.sources),
            caps=caps,
            diversity=diversity,
            explore=explore,
            weights=weights,
            depth=ask.k if plain else max(CANDIDATES, 3 * ask.k),
        )

    def _allowed(self, filters: list[str], about: Mapping[str, Attribute], now: float) -> NDArray[np.bool_]:
        """One array for all requests with the same filters, so that they are searched together."""
        allowed = listable(self._columns, now)
        masks = [Rule.parse(text).mask(self._columns, user=about, now=now) for text in filters]
        return np.logical_and.reduce([allowed, *masks]) if masks else allowed


def _said(*texts: str) -> list[str]:
    return [text for text in texts if text.strip()]

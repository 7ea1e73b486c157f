"""Showing what is not known to be good, with the probability of every item that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, final

import numpy as np
from annotated_types import Ge, Gt, Le, Len
from numpy.typing import NDArray

from tastemaker.core import BadSetting, SavedError, component, generator

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
ARMS = 4096  # times 64 x 64 numbers are 134 MB


@dataclass(frozen=True)
class Placed:
    """A list and how likely it was.

    Attributes:
        items: Best first, shape (k,).
        propensities: Probability of each at its place, in 0..1, shape (k,); see who made the list.
    """

    items: Rows
    propensities: Floats


Choose = Callable[[Rows, int], Placed]
"""So many of a pool, drawn one after the other, with the probability of each given those before it."""


@final
@component
class EpsilonSlots:
    """At some places, with a small probability, an item of a pool instead of the best one.

    Attributes:
        slots: Places, 0 is the first; those behind the list's end are left out.
        epsilon: Probability that a slot explores.
        seed: Equal seeds and requests give equal lists.
    """

    slots: Annotated[tuple[Annotated[int, Ge(0)], ...], Len(1)] = (4, 9)
    epsilon: Annotated[float, Ge(0), Le(1)] = 0.1
    seed: int = 0

    def place(self, ranked: Rows, pool: Rows, request: str, choose: Choose | None = None) -> Placed:
        """The list with its explored places; propensities are ``1 - epsilon``, ``epsilon / pool``, and 1 elsewhere.

        Each slot has its own item, drawn evenly from those of the pool that are not in `ranked`, so each of them is as
        likely at each slot, and none comes twice. Where the pool has fewer items than there are slots, the last slots
        do not explore. With `choose` items are drawn by it for the slots that do explore; propensities are then
        ``epsilon`` times its own, given the places before.

        Args:
            ranked: The list as it would be, shape (k,).
            pool: What may be tried, shape (p,).
            request: Id of the request, which the draw depends on.
            choose: Draws from the pool; None does it evenly.
        """
        draw = generator(self.seed, request)
        pool = np.setdiff1d(pool, ranked)
        slots = np.unique([slot for slot in self.slots if slot < len(ranked)]).astype(np.intp)[: len(pool)]
        if choose is not None:
            return self._chosen(ranked, slots, draw.random(len(slots)) < self.epsilon, lambda k: choose(pool, k))
        tried = draw.permutation(pool)[: len(slots)]
        explored = draw.random(len(slots)) < self.epsilon
        items, propensities = ranked.astype(np.int32), np.ones(len(ranked))
        items[slots] = np.where(explored, tried, items[slots])
        propensities[slots] = np.where(explored, self.epsilon / max(len(pool), 1), 1 - self.epsilon)
        return Placed(items, propensities)

    def _chosen(
        self, ranked: Rows, slots: NDArray[np.intp], explored: NDArray[np.bool_], choose: Callable[[int], Placed]
    ) -> Placed:
        items, propensities = ranked.astype(np.int32), np.ones(len(ranked))
        propensities[slots] = 1 - self.epsilon
        if explored.any():
            tried = choose(int(explored.sum()))
            items[slots[explored]] = tried.items
            propensities[slots[explored]] = self.epsilon * tried.propensities
        return Placed(items, propensities)


@final
@component
class LinUCB:
    """A bandit that learns a linear reward of contexts, and prefers what is good or not yet known.

    ``u = x theta + alpha sqrt(x A^-1 x)`` with ``A = I + sum x x'`` and ``theta = A^-1 sum r x``; chosen are items with
    probability ``softmax(u / temperature)``, so that what was shown can be weighed afterwards. With one arm all items
    share the model; with more each arm (such as a category) has its own.

    Source: Li et al. 2010, "A contextual-bandit approach to personalized news article recommendation", algorithm 1;
    A^-1 is kept by the formula of Sherman & Morrison 1950.

    Attributes:
        dim: Length of a context.
        arms: How many models there are.
        alpha: Weight of what is not known.
        temperature: Small ones choose the best nearly always.
        seed: Equal seeds and requests choose alike.
    """

    dim: Annotated[int, Ge(1), Le(64)]
    arms: Annotated[int, Ge(1), Le(ARMS)] = 1
    alpha: Annotated[float, Ge(0), Le(100)] = 1.0
    temperature: Annotated[float, Gt(0), Le(100)] = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        self._inverse: Floats = np.tile(np.eye(self.dim), (self.arms, 1, 1))
        self._rewards: Floats = np.zeros((self.arms, self.dim))

    def bounds(self, contexts: Floats, arms: Rows | None = None) -> Floats:
        """The upper bound u of each candidate, shape (c,).

        Args:
            contexts: Shape (c, dim).
            arms: Model of each candidate, shape (c,); None is the first for all.

        Raises:
            BadSetting: Contexts or arms are of another shape, or there is no such arm.
        """
        out = np.empty(len(contexts))
        for arm, rows in self._by_arm(contexts, arms):
            x, inverse = contexts[rows], self._inverse[arm]
            unsure = np.sqrt(np.maximum(np.einsum("cd,cd->c", x @ inverse, x), 0))
            out[rows] = x @ (inverse @ self._rewards[arm]) + self.alpha * unsure
        return out

    def choose(self, contexts: Floats, k: int, request: str, arms: Rows | None = None) -> Placed:
        """Places of `k` candidates, drawn one after the other; each propensity is given those before it.

        The product of the propensities is the probability of the list.
        """
        left = self.bounds(contexts, arms) / self.temperature
        draw, k = generator(self.seed, request), min(k, len(left))
        items, propensities = np.empty(k, np.int32), np.empty(k)
        for place in range(k):
            weights = np.exp(left - left.max())
            chances = weights / weights.sum()
            items[place] = draw.choice(len(chances), p=chances)
            propensities[place] = chances[items[place]]
            left[items[place]] = -np.inf
        return Placed(items, propensities)

    def update(self, contexts: Floats, rewards: Floats, arms: Rows | None = None) -> None:
        """Learn from contexts (n, dim) that were shown and what came of each, (n,), such as 1 for a click, else 0."""
        for arm, rows in self._by_arm(contexts, arms):
            inverse = self._inverse[arm].copy()
            for x in contexts[rows]:
                step = inverse @ x
                inverse -= np.outer(step, step) / (1 + x @ step)
            self._inverse[arm] = inverse
            self._rewards[arm] += rewards[rows] @ contexts[rows]

    def state(self) -> dict[str, Floats]:
        """What was learned, as arrays."""
        return {"inverse": self._inverse.copy(), "rewards": self._rewards.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take it back; raises `SavedError` where it is of another shape."""
        shapes = {"inverse": self._inverse.shape, "rewards": self._rewards.shape}
        for name, shape in shapes.items():
            if name not in state or state[name].shape != shape:
                raise SavedError(f"The saved bandit has no {name!r} of shape {shape}: it had other settings.")
        self._inverse, self._rewards = (np.array(state[name], np.float64) for name in shapes)

    def _by_arm(self, contexts: Floats, arms: Rows | None) -> list[tuple[int, NDArray[np.intp]]]:
        """Each arm and its rows."""
        arms = np.zeros(len(contexts), np.int32) if arms is None else arms
        if contexts.shape != (len(arms), self.dim):
            raise BadSetting(f"Contexts are of shape {contexts.shape}; expected ({len(arms)}, {self.dim}).")
        if len(arms) and not 0 <= arms.min() <= arms.max() < self.arms:
            raise BadSetting(f"Arms are 0 to {self.arms - 1}; got {arms.min()} to {arms.max()}.")
        return [(int(arm), np.flatnonzero(arms == arm)) for arm in np.unique(arms)]

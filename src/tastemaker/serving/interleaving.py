"""Interleaving: two rankings in one list, so that one user's clicks compare them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tastemaker.core import DataError
from tastemaker.evaluation.sequential import FEWEST, Interval, interval, ratio, sums_of

Team = Literal["a", "b"]
EFFECT = 0.05  # preference for which the interval is tightest


@dataclass(frozen=True)
class Interleaved:
    """A list of two rankings.

    Attributes:
        items: Best first.
        teams: Beside them: which ranking brought each.
        propensities: Chance of each item at its place over all draws of the same two rankings.
    """

    items: tuple[str, ...]
    teams: tuple[Team, ...]
    propensities: tuple[float, ...]


def team_draft(a: Sequence[str], b: Sequence[str], k: int, rng: np.random.Generator) -> Interleaved:
    """In each round a coin says who picks first; each picks the best of its ranking that is not yet in the list.

    Args:
        a: One ranking, best first, each item once; it should have k items, else the list may end early.
        b: The other.
        k: Places.
        rng: Tosses the coins.

    Source: Radlinski, Kurup & Joachims 2008, "How does clickthrough data reflect retrieval quality?", algorithm 2.
    """
    if len(set(a)) < len(a) or len(set(b)) < len(b):
        raise DataError("A ranking names an item twice. Each item may stand once in a ranking.")
    items: list[str] = []
    teams: list[Team] = []
    while len(items) < k:
        first: Team = "a" if rng.random() < 0.5 else "b"
        picked = _round(a, b, items, first)[: k - len(items)]
        items += [item for item, _ in picked]
        teams += [team for _, team in picked]
        if len(picked) < 2:
            break
    chances = chances_of(a, b, k)
    return Interleaved(tuple(items), tuple(teams), tuple(chances[at][item] for at, item in enumerate(items)))


def _round(a: Sequence[str], b: Sequence[str], taken: Collection[str], first: Team) -> list[tuple[str, Team]]:
    """Both picks of a round; fewer where a ranking has nothing left."""
    sides: tuple[tuple[Sequence[str], Team], ...] = ((a, "a"), (b, "b"))
    picked: list[tuple[str, Team]] = []
    gone = set(taken)
    for ranking, team in sides if first == "a" else sides[::-1]:
        best = next((item for item in ranking if item not in gone), None)
        if best is None:
            break
        picked.append((best, team))
        gone.add(best)
    return picked


def chances_of(a: Sequence[str], b: Sequence[str], k: int) -> list[dict[str, float]]:
    """Chance of every item at every place of a team draft: exact, by what may be in the list after each round."""
    chances: list[dict[str, float]] = [{} for _ in range(k)]
    states: dict[frozenset[str], float] = {frozenset(): 1.0}
    for at in range(0, k, 2):
        after: dict[frozenset[str], float] = {}
        for taken, chance in states.items():
            for first in ("a", "b"):
                picked = _round(a, b, taken, first)
                for place, (item, _) in zip(chances[at : at + 2], picked, strict=False):
                    place[item] = place.get(item, 0.0) + chance / 2
                if len(picked) == 2:
                    both = taken | {item for item, _ in picked}
                    after[both] = after.get(both, 0.0) + chance / 2
        states = after
    return chances


def credit(drawn: Interleaved, chosen: Collection[str]) -> int:
    """1 where `a` brought more of the chosen items (clicked, bought), -1 where `b` did, else 0.

    Source: Radlinski et al. 2008.
    """
    votes = sum(1 if team == "a" else -1 for item, team in zip(drawn.items, drawn.teams, strict=True) if item in chosen)
    return int(np.sign(votes))


def preference(credits: Mapping[str, Sequence[int]], effect: float = EFFECT, alpha: float = 0.05) -> Interval:
    """How much oftener `a` wins than `b`, in [-1, 1], a list that has a winner; the interval may be looked at any time.

    Lists of one user are taken together: they are not independent.

    Args:
        credits: Of `credit`, by user.
        effect: Preference for which the interval is tightest.
        alpha: Chance that no preference is ever taken for one.
    """
    decided = [[c for c in own if c] for own in credits.values()]
    pairs = np.array([[sum(own), len(own)] for own in decided if own], np.float64).reshape(-1, 2)
    found = ratio(sums_of(pairs[:, 0], pairs[:, 1]))
    variance = found.variance if len(pairs) >= FEWEST else np.nan
    return interval(found.mean, variance, effect, alpha)

"""What users of a world do: who takes what and when, and what they make of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.worlds.settings import WorldSettings
from tastemaker.data.worlds.tastes import Tastes

START = 1_704_067_200  # 2024-01-01T00:00:00Z, in seconds since 1970
YEAR = 366 * 86_400
BLOCKS = 12  # stretches of the year in which a drifting taste stands still
SPREAD = 0.5  # standard deviation of the logarithm of the number of events a user
KINDS = ("dislike", "view", "like", "purchase")
STEPS = (-0.3, 1.3, 2.2)  # from which felt preference on an event is a view, a like, a purchase
STARS = (-0.6, 0.2, 1.0, 1.9)  # likewise for 2, 3, 4 and 5 stars
MOOD = 0.5  # standard deviation of what is felt at the moment around the true preference


@dataclass(frozen=True)
class Behaviour:
    """Events in order of time, each column of shape (n,).

    Attributes:
        user: Row of the user, int64.
        item: Row of the item, int64; a user takes an item once at most.
        time: Seconds since 1970, int64, ascending.
        felt: What the user thought of it then, float64.
        says: Whether he writes a review, bool.
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    time: NDArray[np.int64]
    felt: NDArray[np.float64]
    says: NDArray[np.bool_]


def behave(settings: WorldSettings, tastes: Tastes) -> Behaviour:
    """Draw all events: softmax of preference over temperature, times exposure, without repeats."""
    rng = generator(settings.seed, "world events")
    exposure = -settings.zipf * np.log(1 + rng.permutation(settings.items))
    counts = _counts(rng, settings)
    times = [_times(rng, int(n)) for n in counts]
    taken = [_taken(rng, settings, tastes, user, exposure, time) for user, time in enumerate(times)]
    user, item, time = np.repeat(np.arange(settings.users), counts), np.concatenate(taken), np.concatenate(times)
    order = np.argsort(time, kind="stable")
    user, item, time = user[order], item[order], time[order]
    felt = _felt(tastes, user, item, _turns(settings, time)) + MOOD * rng.normal(size=len(user))
    return Behaviour(user, item, time, felt, _says(rng, settings, felt))


def names_of_events(felt: NDArray[np.float64]) -> NDArray[np.str_]:
    """Event by what was felt, shape (n,)."""
    return np.array(KINDS)[np.searchsorted(STEPS, felt)]


def stars(felt: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rating of 1 to 5 by what was felt, shape (n,)."""
    return 1 + np.searchsorted(STARS, felt)


def _counts(rng: np.random.Generator, settings: WorldSettings) -> NDArray[np.int64]:
    """Events of each user: log-normal around the mean, at least 1, at most half of the items."""
    drawn = settings.events * np.exp(SPREAD * rng.normal(size=settings.users) - SPREAD**2 / 2)
    return np.asarray(np.clip(np.rint(drawn), 1, max(1, settings.items // 2)), np.int64)


def _times(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Ascending times between a user's first day and the end of the year."""
    first = 0.8 * rng.random()
    return START + np.sort(YEAR * (first + (1 - first) * rng.random(n))).astype(np.int64)


def _turns(settings: WorldSettings, time: NDArray[np.int64]) -> NDArray[np.float64]:
    """Quarter turns of taste at each time; whole stretches of the year are alike."""
    block = np.floor(BLOCKS * (time - START) / YEAR)
    return np.asarray(settings.drift * block / (BLOCKS - 1))


def _taken(  # noqa: PLR0913, PLR0917 - one user's share of `behave`
    rng: np.random.Generator,
    settings: WorldSettings,
    tastes: Tastes,
    user: int,
    exposure: NDArray[np.float64],
    time: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The items that one user takes, in order."""
    taken = np.empty(len(time), np.int64)
    free = np.zeros(len(exposure))  # -inf where it was taken
    turns = _turns(settings, time)
    for at, end in _stretches(turns, one_by_one=settings.taste == "order"):
        last = int(taken[at - 1]) if at else -1
        wish = tastes.preference(user, float(turns[at])) + tastes.step(last)
        # Gumbel noise: the largest of w + Gumbel are draws without replacement by softmax(w).
        drawn = wish / settings.temperature + exposure + rng.gumbel(size=len(exposure)) + free
        taken[at:end] = np.argsort(-drawn, kind="stable")[: end - at]
        free[taken[at:end]] = -np.inf
    return taken


def _stretches(turns: NDArray[np.float64], *, one_by_one: bool) -> list[tuple[int, int]]:
    """Runs of events under one taste, as (start, end)."""
    starts = range(len(turns)) if one_by_one else [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist()]
    bounds = [*starts, len(turns)]
    return list(pairwise(bounds))


def _felt(
    tastes: Tastes, user: NDArray[np.int64], item: NDArray[np.int64], turns: NDArray[np.float64]
) -> NDArray[np.float64]:
    angle = turns * np.pi / 2
    return np.asarray(np.cos(angle) * tastes.early[user, item] + np.sin(angle) * tastes.late[user, item], np.float64)


def _says(rng: np.random.Generator, settings: WorldSettings, felt: NDArray[np.float64]) -> NDArray[np.bool_]:
    speaks = rng.random(len(felt)) < settings.comments
    viewed = names_of_events(felt) == "view"
    return np.asarray(speaks if settings.feedback == "ratings" else speaks & ~viewed)

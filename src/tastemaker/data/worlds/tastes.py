"""The hidden side of a world: kinds of items, profiles and tastes of users, who likes what how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.worlds.settings import WorldSettings

TOLD_BY = ("text", "image", "audio")
AGES = ((15, 25), (26, 39), (40, 59), (60, 80))
GENDERS = ("female", "male")
PLACES = ("PT/Porto", "PT/Faro", "SE/Lund", "SE/Umea", "JP/Kobe", "JP/Nara")
FADING = 0.5  # share of a taste that is the cell's own, beyond the sums of its age, gender and place
OWN = {"mixed": 0.7, "attributes": 0.1}  # share of the variance of tastes that is the user's own, not his profile's
STEP = 2.0  # how much the right successor counts in the order world, in standard deviations of taste


@dataclass(frozen=True)
class Profiles:
    """Attributes of the users, each of shape (n_users,).

    Attributes:
        age: Years, int64.
        gender: Index into `GENDERS`, int64.
        place: Index into `PLACES`, int64.
        cell: Number of the combination of age group, gender and country, int64.
    """

    age: NDArray[np.int64]
    gender: NDArray[np.int64]
    place: NDArray[np.int64]
    cell: NDArray[np.int64]


@dataclass(frozen=True)
class Tastes:
    """Who likes what.

    Attributes:
        kinds: For text, image, audio and video the hidden class of each item, int64 of shape (n_items,).
        told: For each item what tells its taste in a "switch" world: 0 text, 1 picture; int64, shape (n_items,).
        profiles: Attributes of the users.
        early: Preference at the start of the year, float32, shape (n_users, n_items), unit variance.
        late: Preference that a quarter turn of taste leads to, likewise.
        follows: The text class that each text class leads to in an "order" world, int64, shape (kinds,); else empty.
    """

    kinds: Mapping[str, NDArray[np.int64]]
    told: NDArray[np.int64]
    profiles: Profiles
    early: NDArray[np.float32]
    late: NDArray[np.float32]
    follows: NDArray[np.int64]

    def preference(self, user: int, turn: float) -> NDArray[np.float32]:
        """What one user thinks of every item after `turn` quarter turns, shape (n_items,)."""
        if turn == 0:
            return np.asarray(self.early[user])
        angle = turn * np.pi / 2
        return np.asarray(np.cos(angle) * self.early[user] + np.sin(angle) * self.late[user], np.float32)

    def step(self, last: int) -> NDArray[np.float32] | float:
        """What the item taken last adds to every item, shape (n_items,); 0 outside "order" worlds."""
        if not len(self.follows) or last < 0:
            return 0.0
        text = self.kinds["text"]
        return np.asarray(STEP * (text == self.follows[text[last]]), np.float32)


def imagine(settings: WorldSettings) -> Tastes:
    """Draw the hidden side of a world; classes of different modalities are independent."""
    rng = generator(settings.seed, "world items")
    kinds = {source: _balanced(rng, settings.items, settings.kinds) for source in TOLD_BY}
    kinds["video"] = _balanced(rng, settings.items, min(settings.kinds, 4))
    told = _balanced(rng, settings.items, 2) if settings.taste == "switch" else np.zeros(settings.items, np.int64)
    profiles = _profiles(settings)
    early, late = (_preferences(settings, kinds, told, profiles, half) for half in ("early", "late"))
    follows = np.empty(0, np.int64)
    if settings.taste == "order":
        ring = rng.permutation(settings.kinds)
        follows = np.empty(settings.kinds, np.int64)
        follows[ring] = np.roll(ring, -1)
    return Tastes(kinds, told, profiles, early, late, follows)


def _balanced(rng: np.random.Generator, n: int, classes: int) -> NDArray[np.int64]:
    return rng.permutation(np.arange(n) % classes)


def _profiles(settings: WorldSettings) -> Profiles:
    rng, n = generator(settings.seed, "world users"), settings.users
    group = rng.integers(len(AGES), size=n)
    low, high = np.array(AGES).T
    age = rng.integers(low[group], high[group] + 1)
    gender, place = rng.integers(len(GENDERS), size=n), rng.integers(len(PLACES), size=n)
    cell = (group * len(GENDERS) + gender) * (len(PLACES) // 2) + place // 2
    return Profiles(age, gender, place, cell)


def _preferences(
    settings: WorldSettings,
    kinds: Mapping[str, NDArray[np.int64]],
    told: NDArray[np.int64],
    profiles: Profiles,
    half: str,
) -> NDArray[np.float32]:
    """Sum of independent parts, each of unit variance, weighted by their shares of the variance."""
    rng = generator(settings.seed, f"world tastes {half}")
    parts = {source: _liking(rng, settings, profiles)[:, kinds[source]] for source in TOLD_BY}
    told_part = _joined(settings, {name: _unit(part) for name, part in parts.items()}, told)
    hidden = _unit(rng.normal(size=(settings.users, 4)) @ rng.normal(size=(4, settings.items)))
    appeal = np.tile(_unit(rng.normal(size=settings.items)), (settings.users, 1))
    rest = max(0.0, 1 - settings.hidden - settings.appeal)
    shares = ((rest, _unit(told_part)), (settings.hidden, hidden), (settings.appeal, appeal))
    total: NDArray[Any] = sum((np.sqrt(share) * part for share, part in shares), np.zeros(told_part.shape))
    return total.astype(np.float32)


def _liking(rng: np.random.Generator, settings: WorldSettings, profiles: Profiles) -> NDArray[np.float64]:
    """How much each user likes each class of one modality, shape (n_users, kinds)."""
    own = OWN.get(settings.taste, 1.0)
    personal = rng.normal(size=(settings.users, settings.kinds))
    cells = rng.normal(size=(len(AGES) * len(GENDERS) * len(PLACES) // 2, settings.kinds))
    sums = [rng.normal(size=(n, settings.kinds)) for n in (len(AGES), len(GENDERS), len(PLACES) // 2)]
    age = profiles.cell // (len(GENDERS) * len(PLACES) // 2)
    main = sum(table[at] for table, at in zip(sums, (age, profiles.gender, profiles.place // 2), strict=True))
    shared = np.sqrt(1 - FADING) * main / np.sqrt(len(sums)) + np.sqrt(FADING) * cells[profiles.cell]
    return np.asarray(np.sqrt(own) * personal + np.sqrt(1 - own) * shared)


def _joined(
    settings: WorldSettings, parts: Mapping[str, NDArray[np.float64]], told: NDArray[np.int64]
) -> NDArray[np.float64]:
    if settings.taste in parts:
        return parts[settings.taste]
    if settings.taste == "switch":
        return np.where(told == 0, parts["text"], parts["image"])
    return np.asarray(sum(parts.values()))


def _unit(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean 0 and variance 1 over all users and items."""
    return np.asarray((part - part.mean()) / max(float(part.std()), 1e-12))

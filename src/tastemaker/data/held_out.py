"""What a model keeps back of its training data, to choose by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.dataset import Dataset

Asked = Literal["future", "any", "last", "time", "random", "cold_users", "cold_items"]
SHARE = 0.1  # of the events, of the users or of the items
NEWEST = 0.05  # of the users, who stand for those who are still to come
AT_ONCE = 30  # seconds between two events that nobody decided on apart
LEAST = 50  # events below which nothing is held out
HIDDEN = 0.1  # of the items, where new ones are asked for
FEWEST = 10  # items below which none are hidden
LONG = 3  # events of a user from which on his last may be held out

Rows = NDArray[np.bool_]


def hold_out(data: Dataset, seed: int = 0, asked: Asked | None = None) -> tuple[Dataset, Dataset] | None:
    """Data to learn from, and about 10 % of the events to choose by; None where there are too few events.

    Args:
        data: What is cut.
        seed: Of what is drawn.
        asked: What lists are for. None: the last tenth of each user's events, one at least of those who have 3.
            "future": these, and all of the newest users. "last": the last event of each user who has 3. "time": the
            last tenth of all events. "random": any tenth. "any": as "future", but of users with odd numbers any
            tenth. "cold_users", "cold_items": all events of a tenth of the users or items; beside those users any
            tenth of the others' events. Without an order the last events are drawn ones, and so are the newest users.
    """
    if len(data.interactions) < LEAST:
        return None
    held = _late(data, seed) if asked is None else _WAYS[asked](data, seed)
    return (data.only(~held), data.only(held)) if held.any() and not held.all() else None


def hide_items(data: Dataset, seed: int = 0) -> NDArray[np.bool_] | None:
    """A tenth of the items with events, at random, (n_items,), to be judged by as new ones; None where they are few."""
    taken = np.unique(data.interactions.item)
    many = round(HIDDEN * len(taken))
    if many < FEWEST:
        return None
    hidden = np.zeros(len(data.items), bool)
    hidden[generator(seed, "hidden items").choice(taken, many, replace=False)] = True
    return hidden


def _late(data: Dataset, seed: int, share: float = SHARE) -> Rows:
    """The last events of each user: this share of them, one at least of those who have enough."""
    if data.clock == "none":
        return _drawn(data, seed)
    order, start = data.by_user
    user = data.interactions.user[order]
    size = np.diff(start)
    most = np.where(size >= LONG, np.maximum(1, np.round(share * size)), 0)
    held = np.zeros(len(user), bool)
    held[order] = start[user + 1] - np.arange(len(user)) <= most[user]
    return held


def _last(data: Dataset, seed: int) -> Rows:
    return _late(data, seed, 0.0)


def entered_at_once(data: Dataset) -> bool:
    """Whether most events stand within half a minute of the one before of their user.

    So stand ratings that were entered one after the other on a form, or the entries of one basket: their order may
    be that of the form, and says little about what is taken when.
    """
    if data.clock != "time":
        return False
    order, _ = data.by_user
    user, time = data.interactions.user[order], data.interactions.time[order]
    gap = np.diff(time)[user[1:] == user[:-1]]
    return len(gap) > 0 and float(np.mean(gap <= AT_ONCE)) > 0.5


def _time(data: Dataset, seed: int) -> Rows:
    n = len(data.interactions)
    return np.arange(n) >= round((1 - SHARE) * n) if data.clock == "time" else _late(data, seed)


def _future(data: Dataset, seed: int) -> Rows:
    return _late(data, seed) | _newest(data, seed)


def _any(data: Dataset, seed: int) -> Rows:
    odd = data.interactions.user % 2 == 1
    return np.where(odd, _drawn(data, seed), _late(data, seed)) | _newest(data, seed)


def _newest(data: Dataset, seed: int) -> Rows:
    """All of those who came last: as many as may be without more than a tenth of the events."""
    user = data.interactions.user
    if data.clock == "time":
        came, first = np.unique(user, return_index=True)
        came = came[np.argsort(-first, kind="stable")]
    else:
        came = generator(seed, "held out users").permutation(np.unique(user))
    events = np.cumsum(np.diff(data.by_user.start)[came])
    new = came[(np.arange(len(came)) < NEWEST * len(came)) & (events <= SHARE * len(user))]
    return np.isin(user, new)


def _drawn(data: Dataset, seed: int) -> Rows:
    n = len(data.interactions)
    held = np.zeros(n, bool)
    held[generator(seed, "held out").permutation(n)[: max(1, round(SHARE * n))]] = True
    return held


def _cold_users(data: Dataset, seed: int) -> Rows:
    return _drawn(data, seed) | _all_of(data.interactions.user, seed)


def _cold_items(data: Dataset, seed: int) -> Rows:
    return _all_of(data.interactions.item, seed)


def _all_of(key: NDArray[np.int32], seed: int) -> Rows:
    known = generator(seed, "held out keys").permutation(np.unique(key))
    return np.isin(key, known[: max(1, round(SHARE * len(known)))])


_WAYS: dict[Asked, Callable[[Dataset, int], Rows]] = {
    "future": _future,
    "any": _any,
    "last": _last,
    "time": _time,
    "random": _drawn,
    "cold_users": _cold_users,
    "cold_items": _cold_items,
}

"""What is tried in lists that explore by "linucb": a bandit that learns from how such places were answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from zlib import crc32

import numpy as np
from annotated_types import Ge, Gt, Le, MaxLen
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data.events import WEIGHTS, canonical
from tastemaker.rules.explore import LinUCB, Placed
from tastemaker.serving.actions import PLAIN, features
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.parts import standard
from tastemaker.storage.base import Event, Shop

LOG = logging.getLogger("tastemaker.serving")
NOTE = "bandit"
GROUPS = 16  # that values of an attribute are dealt into
FAR = 3.0  # deviations, and logarithms of a history, that count as 1
WAITING = 20_000  # lists whose answers may be waited for; of more nothing is learned
PAGE = 10_000
EVERY = 2.0  # seconds between two looks at what other processes learned
DAY = 86_400.0

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]


@component
class BanditSettings:
    """How items to be tried are chosen; table ``[serve.bandit]``.

    Attributes:
        by: An attribute, such as "category", whose values are told apart; "" none.
        alpha: Weight of what is not known.
        temperature: Small ones try the best nearly always.
        wait: Seconds after which a list counts, with the answers that it has by then.
        half_days: Days after which what was learned counts half.
    """

    by: Annotated[str, MaxLen(64)] = ""
    alpha: Annotated[float, Ge(0), Le(100)] = 0.5
    temperature: Annotated[float, Gt(0), Le(100)] = 0.1
    wait: Annotated[float, Ge(0), Le(DAY)] = 600.0
    half_days: Annotated[float, Gt(0), Le(3650)] = 30.0


@dataclass(frozen=True, slots=True)
class Sums:
    """What was learned: ``sum x x'`` and ``sum r x`` over the places that were shown, older ones counting less.

    Attributes:
        gram: Shape (d, d).
        rewards: Shape (d,).
        places: How many.
    """

    gram: Floats
    rewards: Floats
    places: float

    @classmethod
    def none(cls, dim: int) -> Sums:
        """Of nothing."""
        return cls(np.zeros((dim, dim)), np.zeros(dim), 0.0)

    def plus(self, other: Sums, share: float = 1.0) -> Sums:
        """Both, of which this one counts only by a share."""
        return Sums(
            share * self.gram + other.gram, share * self.rewards + other.rewards, share * self.places + other.places
        )


@dataclass(slots=True)
class Waiting:
    """A list whose answers are waited for: its places that may explore, p of them.

    Attributes:
        time: When it was given out, seconds since 1970.
        user: To whom.
        place: Number of each item among them.
        contexts: Shape (p, d).
        rewards: 1 where it was chosen, -1 where it was refused, shape (p,).
    """

    time: float
    user: str
    place: dict[str, int]
    contexts: Floats
    rewards: Floats


class Bandit:
    """One tenant's. Lists are made in one thread, and learned from in another.

    Its state is a note of the store, of one size for ever: sums, to which each process of the service adds its own.

    Args:
        shop: Where the note and the events are.
        settings: Of the service.
    """

    def __init__(self, shop: Shop, settings: BanditSettings) -> None:
        self._shop, self._settings = shop, settings
        self.dim = 1 + len(PLAIN) + (GROUPS if settings.by else 0)
        self._waiting: dict[str, Waiting] = {}
        self._lock = threading.Lock()
        self._number, self._looked = shop.last_event(), 0.0
        self.take(self._kept(shop.note(NOTE), time.time()))

    @property
    def waiting(self) -> int:
        """Lists whose answers are waited for."""
        return len(self._waiting)

    def take(self, sums: Sums) -> None:
        """Choose by these from now on."""
        made = LinUCB(dim=self.dim, alpha=self._settings.alpha, temperature=self._settings.temperature)
        inverse = np.linalg.inv(np.eye(self.dim) + sums.gram)
        made.restore({"inverse": inverse[None], "rewards": sums.rewards[None]})
        self.policy, self.sums = made, sums

    def trial(self, live: Live, asking: Asking, rows: Rows, scores: Floats) -> Trial:
        """One list on its way, of these candidates, best first, and their scores."""
        return Trial(self, live, rows, self.contexts(live, asking, rows, scores))

    def contexts(self, live: Live, asking: Asking, rows: Rows, scores: Floats) -> Floats:
        """1, `features` and groups of candidates, each within -1..1, shape (c, dim)."""
        plain = features(live, asking, rows, np.clip(standard(scores) / FAR, -1, 1))
        plain[:, -1] = np.minimum(plain[:, -1] / FAR, 1)
        parts = [np.ones((len(rows), 1)), plain]
        if self._settings.by:
            parts.append(_groups(live, rows, self._settings.by))
        return np.concatenate(parts, axis=1)

    def given(self, request: str, waiting: Waiting) -> None:
        """Wait for answers to a list."""
        with self._lock:
            if len(self._waiting) < WAITING:
                self._waiting[request] = waiting

    def forget(self, user: str) -> None:
        """Learn nothing from what a user was given."""
        with self._lock:
            self._waiting = {name: one for name, one in self._waiting.items() if one.user != user}

    def learn(self, number: int) -> None:
        """From lists that have waited long enough, and from what other processes learned.

        Args:
            number: Of the last event that is known to be stored.
        """
        with self._lock:
            if not self._waiting:
                self._number = max(number, self._number)
        now = time.time()
        while self._waiting and (events := self._shop.events(self._number, PAGE)):
            self._hear(events)
            self._number = events[-1].number
        over = {name: one for name, one in self._seen() if now - one.time >= self._settings.wait}
        if over:
            new = _sums(over.values())
            self.take(self._kept(self._shop.renew(NOTE, lambda kept: self._told(kept, new, now)), now))
            with self._lock:
                for name in over:
                    self._waiting.pop(name, None)
        elif (self.sums.places or self._waiting) and now - self._looked > EVERY:
            self._looked = now
            self.take(self._kept(self._shop.note(NOTE), now))

    def _hear(self, events: Sequence[Event]) -> None:
        """A refusal counts more than what else was done with an item."""
        with self._lock:
            for event in events:
                waiting = self._waiting.get(event.request) if event.request else None
                place = None if waiting is None else waiting.place.get(event.item)
                if waiting is not None and place is not None and waiting.rewards[place] >= 0:
                    waiting.rewards[place] = np.sign(WEIGHTS.get(canonical(event.kind), 1.0)) or waiting.rewards[place]

    def _seen(self) -> list[tuple[str, Waiting]]:
        with self._lock:
            return list(self._waiting.items())

    def _told(self, kept: Any, new: Sums, now: float) -> list[Any]:
        """As the note has it: texts and numbers in one list, in which no user's id can be mistaken for a name."""
        sums = self._kept(kept, now).plus(new)
        return [self._settings.by, now, sums.places, sums.rewards.tolist(), sums.gram.ravel().tolist()]

    def _kept(self, kept: Any, now: float) -> Sums:
        """What a note tells, as much of it as counts by now; nothing where it tells of other contexts."""
        none = Sums.none(self.dim)
        try:
            by, at, places, rewards, gram = kept or [self._settings.by, now, 0.0, none.rewards, none.gram]
            found = Sums(np.reshape(gram, none.gram.shape), np.reshape(rewards, none.rewards.shape), float(places))
            if by != self._settings.by or not np.isfinite(found.gram).all():
                raise ValueError(by)
        except (TypeError, ValueError):
            LOG.warning("what was learned of explored places is of other settings, and begins anew")
            return none
        return found.plus(none, 0.5 ** (max(0.0, now - at) / (DAY * self._settings.half_days)))


class Trial:
    """What one list tries.

    Args:
        bandit: What chooses.
        live: Items.
        rows: Candidates, shape (c,).
        contexts: Theirs, shape (c, d).
    """

    def __init__(self, bandit: Bandit, live: Live, rows: Rows, contexts: Floats) -> None:
        self._bandit, self._live, self._contexts = bandit, live, contexts
        self._place = {row: place for place, row in enumerate(rows.tolist())}

    def choose(self, pool: Rows, k: int, request: str) -> Placed:
        """So many of the pool, all of them candidates, with the chance of each given those before it."""
        placed = self._bandit.policy.choose(self._of(pool), k, f"{request} bandit")
        return Placed(pool[placed.items], placed.propensities)

    def given(self, request: str, user: str, rows: Rows) -> None:
        """The list was made, with these at places that may explore: wait for answers to them."""
        place = {self._live.ids[row]: n for n, row in enumerate(rows.tolist())}
        waiting = Waiting(time.time(), user, place, self._of(rows), np.zeros(len(rows)))
        self._bandit.given(request, waiting)

    def _of(self, rows: Rows) -> Floats:
        return self._contexts[[self._place[row] for row in rows.tolist()]]


def _sums(lists: Collection[Waiting]) -> Sums:
    x, r = (np.concatenate([getattr(one, part) for one in lists]) for part in ("contexts", "rewards"))
    return Sums(x.T @ x, r @ x, len(x))


def _groups(live: Live, rows: Rows, by: str) -> Floats:
    """Which groups the values of an attribute fall into, shape (c, GROUPS); of several values each counts its share."""
    view = live.columns.view()
    out, cells = np.zeros((len(rows), GROUPS)), view.cells.get(by)
    if cells is None:
        return out
    if cells.texts is not None:
        for place, code in enumerate(cells.texts[rows].tolist()):
            if code >= 0:
                out[place, _group(view.words.list[code])] = 1
    if cells.pairs is not None:
        at = {row: n for n, row in enumerate(rows.tolist())}
        mine = np.flatnonzero(np.isin(cells.pairs.rows, rows))
        for row, code in zip(cells.pairs.rows[mine].tolist(), cells.pairs.codes[mine].tolist(), strict=True):
            out[at[row], _group(view.words.list[code])] += 1
    return np.asarray(out / np.maximum(out.sum(axis=1, keepdims=True), 1), np.float64)


@lru_cache(maxsize=65_536)
def _group(value: str) -> int:
    return crc32(value.encode(errors="surrogatepass")) % GROUPS

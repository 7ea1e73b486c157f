"""Who asked lately, as he was read then: whoever looks at several pages is read once, until he does something."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from tastemaker.serving.histories import Asking

MOST = 16_384  # of whom at most
EVENTS = 1_000_000  # of theirs at most: 60 bytes each
LONGEST = 600.0  # seconds after which all are let go, those among them who were erased elsewhere

Mark = tuple[int, ...]


class Remembered:
    """By user and a mark of what the store keeps of him; may be asked by several threads.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._known: dict[str, tuple[Mark, Asking]] = {}
        self._since, self._events = clock(), 0

    def __len__(self) -> int:
        """Of how many."""
        return len(self._known)

    def get(self, user: str, mark: Mark) -> Asking | None:
        """As he was read under this mark; None where he was not, or has done something since."""
        self.expire()
        known = self._known.get(user)
        return known[1] if known is not None and known[0] == mark else None

    def put(self, user: str, mark: Mark, asking: Asking) -> None:
        """Remember; whoever came first goes where there are too many."""
        with self._lock:
            self._drop(user)
            self._known[user] = (mark, asking)
            self._events += len(asking.seen)
            while len(self._known) > MOST or self._events > EVENTS:
                self._drop(next(iter(self._known)))

    def forget(self, user: str) -> None:
        """Let go of one who was erased."""
        with self._lock:
            self._drop(user)

    def expire(self) -> None:
        """Let all go where it is time; for a service that nobody asks, too."""
        if self._clock() - self._since > LONGEST:
            with self._lock:
                self._since, self._events, self._known = self._clock(), 0, {}

    def _drop(self, user: str) -> None:
        known = self._known.pop(user, None)
        self._events -= 0 if known is None else len(known[1].seen)

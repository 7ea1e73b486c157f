"""What an executor is, and what its workers share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from tastemaker.core.threads import limit_threads

P = TypeVar("P")
R = TypeVar("R")

TRIES = 3  # a part that failed so often is given up
ONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Executor(Protocol):
    """Applies a work to parts. Results and their order do not depend on which executor it is."""

    def map(
        self, work: Callable[[P], R], parts: Iterable[P], done: Callable[[int, R], None] | None = None
    ) -> Iterator[R]:
        """What `work` gives for each part, in the order of the parts.

        Each worker holds one copy of `work` as long as it lives, so `work` may keep what it has loaded. Parts are
        taken from `parts` only a little ahead of the workers.

        Args:
            work: Can be sent to other processes, as can its parts and results.
            parts: What is worked on.
            done: Called with a part's number and result as soon as it is finished, in any order and from any thread.

        Raises:
            PartFailed: A part failed three times, by an error or by the loss of its worker.
            ServiceError: No worker can be started.
        """
        ...


class Worker(Protocol):
    """One process, somewhere, that holds a copy of the work."""

    def ready(self) -> None:
        """Wait until it takes parts; raises `Lost`."""
        ...

    def ask(self, part: Any) -> Any:
        """The result of a part; raises `Failed`, or `Lost` where the worker is gone."""
        ...

    def kill(self) -> None:
        """End it at once, whatever it does; may be called twice, and from another thread."""
        ...


class Lost(Exception):
    """A worker is gone; the text says what is known."""


class Failed(Exception):
    """The work raised an error; the text is its kind and message."""


def answer(work: Callable[[Any], Any], part: Any) -> tuple[bool, Any]:
    """True and the result of a part, or false and the error as a text.

    On one thread: with more of them sums are rounded in another order, and workers get in each other's way.
    """
    try:
        with limit_threads(1):
            return True, work(part)
    except Exception as error:  # whatever it is, the other side tells it with its part
        return False, f"{type(error).__name__}: {error}"


def taken(answered: tuple[bool, Any]) -> Any:
    """The result in an answer; raises `Failed`."""
    well, found = answered
    if not well:
        raise Failed(found)
    return found


def alone() -> None:
    """In a process of a worker: libraries that are loaded from here on take one thread each."""
    os.environ.update(dict.fromkeys(ONE, "1"))

"""Group commit: many small submissions, one durable transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from tastemaker.core.errors import DataError, ServiceError
from tastemaker.storage.base import Happened, Store

GATHERING = 0.002  # seconds without another submission that a transaction waits, if it is smaller than the one before


class Promise(Protocol):
    """Where an answer goes; its methods are called by the thread that stores."""

    def set_running_or_notify_cancel(self) -> bool:
        """Whether the answer is still wanted."""
        ...

    def set_result(self, result: list[bool]) -> None:
        """Whether each event is new."""
        ...

    def set_exception(self, exception: Exception) -> None:
        """Why nothing was stored."""
        ...


@dataclass(frozen=True, slots=True)
class _Submission:
    tenant: str
    events: Sequence[Happened]
    answer: Promise


class Intake:
    """Takes events of all threads and stores them together; an answer comes when they are durable.

    What is submitted while one transaction is written goes into the next: the more there is to do, the less each costs.
    Of those who were answered together many come again at once: the next transaction waits for them a little.

    Args:
        store: Where to.
        wait: Seconds from the first submission of a transaction that more are waited for.
        queue: Events that may wait; more are refused.
        group: Events from which on a transaction takes no more submissions.
    """

    def __init__(self, store: Store, *, wait: float = 0.0, queue: int = 100_000, group: int = 20_000) -> None:
        self._store, self._wait, self._queue, self._group = store, wait, queue, group
        self._waiting: deque[_Submission] = deque()
        self._events = 0
        self._expected = 1
        self._open = True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="tastemaker-intake", daemon=True)
        self._thread.start()

    def submit(self, tenant: str, events: Sequence[Happened]) -> Future[list[bool]]:
        """Whether each event is new, once all are durable.

        The future raises `DataError` where an event cannot be stored, `ServiceError` where the store does not answer.

        Raises:
            ServiceError: Too much is waiting already, or the intake was closed.
        """
        made: Future[list[bool]] = Future()
        self.put(tenant, events, made)
        return made

    def put(self, tenant: str, events: Sequence[Happened], answer: Promise) -> None:
        """As `submit`, with the answer elsewhere."""
        with self._changed:
            if not self._open:
                raise ServiceError("The intake of events is closed; start the service again.")
            if self._events and self._events + len(events) > self._queue:
                raise ServiceError(f"The store is busy: {self._events:,} events wait to be written; try again.")
            self._waiting.append(_Submission(tenant, events, answer))
            self._events += len(events)
            self._changed.notify()

    @property
    def waiting(self) -> int:
        """Events that are not yet taken up."""
        return self._events

    def close(self) -> None:
        """Store what is waiting, then end."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while self._is_wanted():
            group = self._taken()
            if group:
                self._write(group)
            self._expected = len(group) + len(self._waiting)

    def _is_wanted(self) -> bool:
        """Wait for work; whether there is some."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._open)
            wanted = bool(self._waiting)
        if self._wait and self._open:
            time.sleep(self._wait)
        before = 0
        while self._open and before < len(self._waiting) < self._expected and self._events < self._group:
            before = len(self._waiting)
            time.sleep(GATHERING)
        return wanted

    def _taken(self) -> list[_Submission]:
        """Those that go into the next transaction; cancelled ones go nowhere."""
        group, size = [], 0
        with self._changed:
            while self._waiting and (not size or size + len(self._waiting[0].events) <= self._group):
                taken = self._waiting.popleft()
                size += len(taken.events)
                if taken.answer.set_running_or_notify_cancel():
                    group.append(taken)
            self._events -= size
        return group

    def _write(self, group: list[_Submission]) -> None:
        """One transaction for all; smaller ones where a value among them cannot be stored."""
        try:
            answers = self._store.append([(each.tenant, each.events) for each in group])
        except DataError as error:
            if len(group) == 1:
                group[0].answer.set_exception(error)
            else:
                half = len(group) // 2
                self._write(group[:half])
                self._write(group[half:])
        except Exception as error:  # whoever waits must hear of it
            for each in group:
                each.answer.set_exception(error)
        else:
            for each, answer in zip(group, answers, strict=True):
                each.answer.set_result(answer)

"""Group commit: what comes while a transaction runs goes into the next one, and is durable with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from tastemaker.core import ServiceError, TastemakerError
from tastemaker.storage.base import Event, Store
from tastemaker.storage.sql import SqlStore
from tastemaker.storage.writing import append

LOG = logging.getLogger("tastemaker.storage")
WAITING = 200_000  # events that may wait; more are refused
GROUP = 20_000  # events of one transaction


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that belong together, and who waits for them."""

    tenant: str
    events: Sequence[Event]
    done: Future[list[bool]] = field(default_factory=Future)


class Intake:
    """One thread that writes.

    Args:
        store: Where to.
    """

    def __init__(self, store: Store) -> None:
        if not isinstance(store, SqlStore):
            raise TypeError(f"The intake writes to SQL, not to {type(store).__name__}.")
        self._link = store.link
        self._waiting: list[Batch] = []
        self._count = 0
        self._change = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    def submit(self, tenant: str, events: Sequence[Event]) -> Future[list[bool]]:
        """Whether each event is new, once all are durable.

        Raises:
            ServiceError: too much waits, or the intake has ended.
        """
        batch = Batch(tenant, events)
        with self._change:
            if self._ended:
                raise ServiceError("The service ends; send the events again.")
            if self._count + len(events) > WAITING:
                raise ServiceError(f"{self._count} events wait to be stored; try again in a second.")
            self._waiting.append(batch)
            self._count += len(events)
            self._change.notify()
        return batch.done

    def close(self) -> None:
        """Store what waits, and end."""
        with self._change:
            self._ended = True
            self._change.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next():
            try:
                self._store(group)
            except Exception as error:
                self._one_by_one(group, error)

    def _next(self) -> list[Batch]:
        """All that waits, up to a group; nothing at the end."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._ended)
            taken, events = 0, 0
            while taken < len(self._waiting) and (not taken or events + len(self._waiting[taken].events) <= GROUP):
                events += len(self._waiting[taken].events)
                taken += 1
            group, self._waiting = self._waiting[:taken], self._waiting[taken:]
            self._count -= events
        return group

    def _store(self, group: Sequence[Batch]) -> None:
        """One transaction; who waits is told after it."""
        found: dict[int, list[bool]] = {}
        with self._link.write() as connection:
            for tenant in sorted({batch.tenant for batch in group}):
                mine = [batch for batch in group if batch.tenant == tenant]
                new = iter(append(connection, tenant, [event for batch in mine for event in batch.events]))
                for batch in mine:
                    found[id(batch)] = [next(new) for _ in batch.events]
        for batch in group:
            batch.done.set_result(found[id(batch)])

    def _one_by_one(self, group: Sequence[Batch], error: Exception) -> None:
        """A group that failed: each batch alone, so that one that cannot be stored harms no other."""
        if len(group) == 1 or isinstance(error, ServiceError):
            LOG.warning("%d batches were not stored: %s", len(group), error)
            for batch in group:
                known = isinstance(error, TastemakerError)
                batch.done.set_exception(error if known else ServiceError(f"Not stored: {type(error).__name__}"))
            return
        for batch in group:
            try:
                self._store([batch])
            except Exception as alone:
                self._one_by_one([batch], alone)

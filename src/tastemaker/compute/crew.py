"""Parts given to workers that may be lost: in order, a little ahead, three times at most."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from tastemaker.compute.base import TRIES, Failed, Lost, Worker
from tastemaker.core.errors import PartFailed, ServiceError

AHEAD = 3  # parts a worker that wait or lie finished: memory stays bounded

Done = Callable[[int, Any], None]


@dataclass
class Task:
    """A part on its way: its number from 0, and how often it failed."""

    number: int
    part: Any
    failures: int = 0
    result: Future[Any] = field(default_factory=Future)


class Crew:
    """Some workers, a thread each that waits for its worker.

    A part whose worker is lost goes to the next one that is free, and the lost worker is replaced. A worker that does
    not start (a cluster that is full) keeps nobody waiting: it takes no part before it is ready.

    Args:
        hire: Makes a worker, without waiting for it.
        count: How many workers, at least 1.
        done: As of `Executor.map`.
    """

    def __init__(self, hire: Callable[[], Worker], count: int, done: Done | None = None) -> None:
        self._hire, self._count = hire, count
        self._done: Done = done or (lambda number, result: None)
        self._todo: deque[Task] = deque()
        self._change = threading.Condition()
        self._ended = False
        self._broken: Exception | None = None
        self._alive: set[Worker] = set()
        self._threads: list[threading.Thread] = []

    def map(self, parts: Iterable[Any]) -> Iterator[Any]:
        """The results in the order of the parts; ends all workers, also where it is left early."""
        waiting: deque[Task] = deque()
        try:
            for number, part in enumerate(parts):
                waiting.append(self._submit(Task(number, part)))
                while len(waiting) >= AHEAD * self._count:
                    yield self._result(waiting)
            while waiting:
                yield self._result(waiting)
        finally:
            self._end()

    def _submit(self, task: Task) -> Task:
        with self._change:
            self._todo.append(task)
            self._change.notify()
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._serve, name=f"crew-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return task

    def _result(self, waiting: deque[Task]) -> Any:
        """The first result; workers that can no longer be started end the waiting too."""
        result = waiting.popleft().result
        with self._change:
            self._change.wait_for(lambda: result.done() or self._broken)
        if not result.done() and self._broken is not None:
            raise self._broken
        return result.result()

    def _end(self) -> None:
        with self._change:
            self._ended = True
            self._change.notify_all()
            alive = tuple(self._alive)
        for worker in alive:
            worker.kill()
        for thread in self._threads:
            thread.join()

    # --- one thread a worker ---

    def _serve(self) -> None:
        try:
            while (worker := self._ready()) is not None:
                try:
                    self._work(worker)
                finally:
                    self._dismiss(worker)
        except Exception as error:  # such as a disk that is full: `map` raises it
            with self._change:
                self._broken = error
                self._change.notify_all()

    def _ready(self) -> Worker | None:
        """A worker that takes parts; None when all is done."""
        why = ""
        for _ in range(TRIES):
            with self._change:
                if self._ended:
                    return None
            worker = self._hire()
            with self._change:
                self._alive.add(worker)
            try:
                if not self._ended:
                    worker.ready()
                    return worker
            except Lost as error:
                why = str(error)
            self._dismiss(worker)
        if self._ended:
            return None
        raise ServiceError(f"No worker can be started ({TRIES} tries); the last one said: {why}")

    def _work(self, worker: Worker) -> None:
        """Parts, until there are no more or the worker is lost."""
        while (task := self._next()) is not None:
            try:
                found = worker.ask(task.part)
            except Failed as error:
                self._again(task, str(error))
            except Lost as error:
                return self._again(task, f"its worker was lost: {error}")
            else:
                self._finish(task, found)
        return None

    def _next(self) -> Task | None:
        with self._change:
            self._change.wait_for(lambda: self._todo or self._ended)
            return None if self._ended else self._todo.popleft()

    def _finish(self, task: Task, found: Any) -> None:
        self._done(task.number, found)
        with self._change:
            task.result.set_result(found)
            self._change.notify_all()

    def _again(self, task: Task, why: str) -> None:
        """Back to the front of those that wait, or given up."""
        task.failures += 1
        with self._change:
            if task.failures < TRIES:
                self._todo.appendleft(task)
            else:
                task.result.set_exception(PartFailed(task.number, TRIES, why))
            self._change.notify_all()

    def _dismiss(self, worker: Worker) -> None:
        worker.kill()
        with self._change:
            self._alive.discard(worker)

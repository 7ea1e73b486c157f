"""Work in this process, or in a few processes of this machine."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, cast

from tastemaker.compute.base import Lost, P, R, alone, answer, taken
from tastemaker.compute.crew import Crew

READY = "ready"


@dataclass(frozen=True)
class LocalExecutor:
    """Runs work on this machine.

    Processes are started afresh (spawn), so a script that uses them keeps its work below
    ``if __name__ == "__main__":``.

    Attributes:
        workers: Processes, each with one thread and its own copy of the work; 0 works in this process.
    """

    workers: int = 0

    def map(
        self, work: Callable[[P], R], parts: Iterable[P], done: Callable[[int, R], None] | None = None
    ) -> Iterator[R]:
        """As `Executor.map` says."""
        hire = (lambda: Process(work)) if self.workers else (lambda: Here(work))
        return cast(Iterator[R], Crew(hire, max(1, self.workers), done).map(parts))


class Here:
    """This process as a worker."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work

    def ready(self) -> None:
        """It always is."""

    def ask(self, part: Any) -> Any:
        """The result of a part; raises `Failed`."""
        return taken(answer(self._work, part))

    def kill(self) -> None:
        """Nothing to end: the part that it works on is finished first."""


class Process:
    """A process of this machine as a worker."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._lock = threading.Lock()
        self._process = context.Process(target=serve, args=(theirs, work), name="tastemaker-worker", daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def ready(self) -> None:
        """Wait for its first word; raises `Lost`."""
        self._received()

    def ask(self, part: Any) -> Any:
        """The result of a part; raises `Failed` or `Lost`."""
        try:
            self._pipe.send(part)
        except OSError as error:
            raise Lost(self._end()) from error
        return taken(self._received())

    def kill(self) -> None:
        """End the process and wait for its end."""
        with self._lock:
            if self._process.is_alive():
                self._process.kill()
            self._process.join()

    def _received(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Lost(self._end()) from error

    def _end(self) -> str:
        self.kill()
        code = self._process.exitcode
        named = code is not None and code < 0
        return f"its process ended with {signal.Signals(-code).name if named and code else code}"


def serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """Answer parts until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers itself
    alone()
    pipe.send(READY)
    while True:
        try:
            pipe.send(answer(work, pipe.recv()))
        except (EOFError, OSError):
            return

"""What was committed goes from SQLite's log into its file beside the writer, who would have to wait for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress

EVERY = 0.5  # seconds between two moves: a page that changes often is moved once


class Mover:
    """A thread that begins with the first commit. Where it fails, the writer moves pages once the log is long.

    Args:
        connect: Opens a connection.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._committed, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """There is something to move; one thread at a time may say so."""
        self._committed.set()
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="tastemaker-mover", daemon=True)
            with suppress(RuntimeError):  # no more threads; what was committed is durable all the same
                thread.start()
                self._thread = thread

    def close(self) -> None:
        """End, until the next commit."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            self._committed.set()
            thread.join()
            self._ended.clear()

    def _run(self) -> None:
        with suppress(sqlite3.Error), closing(self._connect()) as connection:
            while not self._ended.wait(EVERY):
                self._committed.wait()
                self._committed.clear()
                with suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

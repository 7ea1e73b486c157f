"""What another thread found out, given to the futures of an event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress


class Promised:
    """`storage.intake.Promise` of a future; its methods may be called by another thread.

    Args:
        landing: Of the future's loop.
    """

    __slots__ = ("_landing", "future")

    def __init__(self, landing: Landing) -> None:
        self._landing = landing
        self.future: asyncio.Future[list[bool]] = landing.loop.create_future()

    def set_running_or_notify_cancel(self) -> bool:
        """Whether the answer is still wanted."""
        return not self.future.cancelled()

    def set_result(self, result: list[bool]) -> None:
        """The answer."""
        self._landing.give(self.future, result)

    def set_exception(self, exception: Exception) -> None:
        """Why there is none."""
        self._landing.give(self.future, exception)


class Landing:
    """Answers that come together wake the loop once; one other thread at a time may give them.

    Args:
        loop: Whose futures they are for.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._came: deque[tuple[asyncio.Future[list[bool]], list[bool] | Exception]] = deque()
        self._told = False

    def give(self, future: asyncio.Future[list[bool]], said: list[bool] | Exception) -> None:
        """Soon, in the loop."""
        self._came.append((future, said))
        if not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                self.loop.call_soon_threadsafe(self._land)

    def _land(self) -> None:
        self._told = False
        while self._came:
            future, said = self._came.popleft()
            if future.done():  # its caller has gone
                continue
            if isinstance(said, Exception):
                future.set_exception(said)
            else:
                future.set_result(said)

"""Requests that come while others are answered are answered together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tastemaker.core import ServiceError
from tastemaker.http.metrics import DEGRADED
from tastemaker.serving.ask import Answer, Ask

MOST = 32  # requests of one batch
GATHERING = 0.002  # seconds without another request that a batch waits, if it is smaller than the one before
WAITING = 2048  # requests that may wait; more are refused, so that those that wait are answered in time

Recommend = Callable[[Sequence[Ask]], Sequence[Answer | Exception]]


class Batches:
    """One thread that answers whatever waits; belongs to one event loop.

    Args:
        recommend: Answers several at once.
    """

    def __init__(self, recommend: Recommend) -> None:
        self._recommend = recommend
        self._waiting: list[tuple[Ask, asyncio.Future[Answer]]] = []
        self._thread = ThreadPoolExecutor(1, "answers")
        self._busy = False
        self._gathering = False
        self._expected = 1  # of those who were answered together many ask again at once: they are waited for a little

    async def ask(self, ask: Ask) -> Answer:
        """The list for one request.

        Raises:
            ServiceError: too many wait.
            TastemakerError: as the engine has it.
        """
        if len(self._waiting) >= WAITING:
            raise ServiceError(f"{WAITING} requests wait already; try again in a second.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((ask, future))
        self._came(loop)
        return await future

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _came(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._busy or self._gathering:
            return
        if len(self._waiting) >= self._expected:
            return self._next(loop)
        self._gathering = True
        loop.call_later(GATHERING, self._gathered, loop, len(self._waiting))

    def _gathered(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Begin, unless more have come meanwhile and others are still to come."""
        self._gathering = False
        if before < len(self._waiting) < self._expected:
            self._came(loop)
        else:
            self._next(loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._busy = True
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        work = loop.run_in_executor(self._thread, self._answers, [ask for ask, _ in batch])
        work.add_done_callback(lambda done: self._give(loop, done, [future for _, future in batch]))

    def _answers(self, asks: list[Ask]) -> Sequence[Answer | Exception]:
        return self._recommend(asks)

    def _give(
        self,
        loop: asyncio.AbstractEventLoop,
        done: asyncio.Future[Sequence[Answer | Exception]],
        futures: list[asyncio.Future[Answer]],
    ) -> None:
        self._busy, self._expected = False, min(len(futures) + len(self._waiting), MOST)
        if self._waiting:
            self._came(loop)
        error = None if done.cancelled() else done.exception()
        found: Sequence[Answer | BaseException] = (
            [error or ServiceError("The service ends.")] * len(futures) if error or done.cancelled() else done.result()
        )
        for future, answer in zip(futures, found, strict=True):
            if future.done():  # its caller has gone
                continue
            if isinstance(answer, Answer):
                DEGRADED.inc(bool(answer.degraded))
                future.set_result(answer)
            else:
                future.set_exception(answer)

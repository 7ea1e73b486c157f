"""Threads of the numeric libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Part = TypeVar("Part")


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """At most `threads` threads in BLAS and OpenMP inside the block; 0 leaves them as they are."""
    if threads <= 0:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        yield


def cores() -> int:
    """Threads that work of our own may take: the cores of this process, or fewer where OMP_NUM_THREADS says so."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    there = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(there, int(asked))) if asked.isdecimal() else there


def in_threads(work: Callable[[Part], object], parts: Iterable[Part], threads: int = 0) -> None:
    """Call `work` on each part in `threads` threads (0: one a core); libraries start none of theirs meanwhile."""
    threads, parts = threads or cores(), list(parts)
    if threads < 2 or len(parts) < 2:
        for part in parts:
            work(part)
        return
    with limit_threads(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))

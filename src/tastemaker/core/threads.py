"""Threads of the numeric libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """At most `threads` threads in BLAS and OpenMP inside the block; 0 leaves them as they are."""
    if threads <= 0:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        yield

"""Opening pictures and sound in processes that may be killed: no file stops or hangs a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

AHEAD = 48  # files that may lie decoded or wait: memory stays bounded
SECONDS = 30.0  # a file may take


@dataclass(frozen=True)
class Job:
    """One file to open.

    Attributes:
        path: The file.
        kind: "image" or "audio".
        size: Smallest short side that must be kept (pixels), or the rate wanted (Hz).
        root: Folder that it may not lead out of, or None.
    """

    path: Path
    kind: str
    size: int
    root: Path | None = None

    def request(self) -> bytes:
        """As the worker reads it."""
        root = None if self.root is None else str(self.root)
        asked = {
            "path": str(self.path),
            "root": root,
            "kind": self.kind,
            "side": self.size,
            "rate": self.size,
        }
        return json.dumps(asked).encode() + b"\n"


Decoded = NDArray[Any] | str  # what the file holds, or why it cannot be taken


@dataclass
class Decoder:
    """A few worker processes; use it in a ``with`` block.

    Attributes:
        workers: How many.
        seconds: Wall time that one file may take before its worker is killed.
    """

    workers: int = 2
    seconds: float = SECONDS
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _alive: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    def __enter__(self) -> Decoder:
        self._pool = ThreadPoolExecutor(self.workers, "decode")
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in self._alive:
            process.kill()
            _close(process)
        self._pool.shutdown(wait=True)

    def decode(self, jobs: Iterable[Job]) -> Iterator[Decoded]:
        """What each job's file holds, in the order of the jobs; decoding runs ahead of the caller."""
        waiting: deque[Future[Decoded]] = deque()
        for job in jobs:
            waiting.append(self._pool.submit(self._one, job))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, job: Job) -> Decoded:
        process = self._process()
        clock = threading.Timer(self.seconds, process.kill)
        clock.start()
        try:
            return _ask(process, job)
        except (OSError, ValueError):  # the worker died, of the file or of the clock
            killed = not clock.is_alive()
            self._forget(process)
            return f"it took longer than {self.seconds:g} s" if killed else "it broke the decoder"
        finally:
            clock.cancel()

    def _process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] | None = getattr(self._local, "process", None)
        if process is None or process.poll() is not None:
            process = _start()
            self._local.process = process
            self._alive.append(process)
        return process

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        _close(process)
        self._alive.remove(process)
        self._local.process = None


def _start() -> subprocess.Popen[bytes]:
    quiet = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tastemaker.features.media_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=quiet,
    )


def _close(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was still to be written to a dead process
                continue


def _ask(process: subprocess.Popen[bytes], job: Job) -> Decoded:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(job.request())
    process.stdin.flush()
    head = json.loads(process.stdout.readline())
    if "error" in head:
        return str(head["error"])
    data = process.stdout.read(head["bytes"])
    return np.frombuffer(data, head["dtype"]).reshape(head["shape"])

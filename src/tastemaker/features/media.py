"""Opening pictures, sound and video in processes that may be killed: no file stops or hangs a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra, TastemakerError
from tastemaker.features.media_file import LIMITS, Limits
from tastemaker.features.media_image import LONG
from tastemaker.features.media_video import Clip

AHEAD = {  # files that may lie decoded or wait: memory stays bounded
    "image": 48,
    "audio": 12,
    "video": 6,
    "image head": 48,
    "audio head": 48,
}
DIED = "it broke the decoder"
START = 120.0  # seconds that a process may take to start on a busy machine
SOUND = (("soundfile", "soundfile"), ("soxr", "soxr"))
NEEDED = {"image": (("PIL", "pillow"),), "audio": SOUND, "video": (("av", "av"), *SOUND)}


@dataclass(frozen=True)
class Job:
    """One file to open.

    Attributes:
        path: The file.
        kind: "image", "audio" or "video"; "image head" and "audio head" give what their heads tell, and decode nothing.
        size: Smallest short side that must be kept (pixels), or the rate wanted (Hz).
        root: Folder that it may not lead out of, or None.
        frames: Of a video.
        rate: Of a video's sound (Hz); 0 for no sound.
        long: Times the short side that is kept of a picture's long side.
    """

    path: Path
    kind: str
    size: int
    root: Path | None = None
    frames: int = 0
    rate: int = 0
    long: int = LONG

    def request(self) -> bytes:
        """As the worker reads it."""
        root = None if self.root is None else str(self.root)
        asked = {"path": str(self.path), "root": root, "kind": self.kind, "size": self.size}
        asked |= {"frames": self.frames, "rate": self.rate, "long": self.long}
        return json.dumps(asked).encode() + b"\n"


Decoded = NDArray[Any] | Clip | str  # what the file holds, or why it cannot be taken


def require(kind: str) -> None:
    """Raise `MissingExtra` where the packages that decode `kind` are not installed."""
    for module, package in NEEDED[kind]:
        if find_spec(module) is None:
            raise MissingExtra(package, kind)


@dataclass
class Decoder:
    """A few worker processes; use it in a ``with`` block.

    Attributes:
        workers: How many; results do not depend on it.
        limits: What a file may cost. A worker that a file kills, or that overruns, is replaced.
    """

    workers: int = 2
    limits: Limits = LIMITS
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _alive: set[Worker] = field(default_factory=set, repr=False)
    _leaving: bool = field(default=False, repr=False)

    def __enter__(self) -> Decoder:
        self._leaving = False
        self._pool = ThreadPoolExecutor(self.workers, "decode")
        return self

    def __exit__(self, *error: object) -> None:
        self._leaving = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in tuple(self._alive):
            worker.kill()
        self._pool.shutdown(wait=True)
        for worker in tuple(self._alive):
            worker.close()

    def decode(self, jobs: Iterable[Job]) -> Iterator[Decoded]:
        """What each job's file holds, in the order of the jobs; decoding runs ahead of the caller."""
        waiting: deque[Future[Decoded]] = deque()
        for job in jobs:
            waiting.append(self._pool.submit(self._one, job))
            if len(waiting) >= AHEAD[job.kind]:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, job: Job) -> Decoded:
        """A file that ends a worker is tried once more: the worker may have died of what came before."""
        answer = self._ask(job)
        again = isinstance(answer, str) and answer == DIED and not self._leaving
        return self._ask(job) if again else answer

    def _ask(self, job: Job) -> Decoded:
        worker: Worker | None = getattr(self._local, "worker", None)
        if worker is None:
            worker = self._local.worker = Worker(self.limits)
            self._alive.add(worker)
            if self._leaving:  # it was started while the others were ended
                worker.kill()
        answer = worker.ask(job)
        if worker.dead:
            worker.close()
            self._alive.discard(worker)
            self._local.worker = None
        return answer


class Worker:
    """One process that decodes, with a clock that kills it."""

    def __init__(self, limits: Limits) -> None:
        self.dead = False
        self._limits = limits
        self._late = False
        self._process = _start(limits)
        if "ready" not in self._timed(START, self._head):
            reason = f"it ended with {self._process.poll()}" if not self._late else f"no answer in {START:g} s"
            self.close()
            raise TastemakerError(
                f"The process that opens media files does not start ({reason}). Try: tastemaker doctor"
            )

    def ask(self, job: Job) -> Decoded:
        """What the file of `job` holds, or why not; `dead` tells whether the worker can go on."""
        answer: Decoded | dict[str, Any] = self._timed(self._limits.wall, lambda: self._asked(job))
        self.dead = self._late or isinstance(answer, dict)
        if not isinstance(answer, dict):
            return answer
        return f"decoding it took longer than {self._limits.wall:g} s" if self._late else DIED

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of its pipes."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except OSError:  # what was still to be written to a dead process
                continue

    def _timed(self, seconds: float, work: Any) -> Any:
        """What `work` gives; {} where the process ends or is ended by the clock before."""
        clock = threading.Timer(seconds, self._overrun)
        clock.daemon = True
        clock.start()
        try:
            return work()
        except (OSError, ValueError):
            return {}
        finally:
            clock.cancel()

    def _overrun(self) -> None:
        self._late = True
        self.kill()

    def _asked(self, job: Job) -> Decoded:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(job.request())
        self._process.stdin.flush()
        head = self._head()
        if "error" in head:
            return str(head["error"])
        arrays = [self._array(part) for part in head["parts"]]
        return Clip(*arrays) if job.kind == "video" else arrays[0]

    def _array(self, part: dict[str, Any]) -> NDArray[Any]:
        assert self._process.stdout is not None
        data = self._process.stdout.read(part["bytes"])
        return np.frombuffer(data, part["dtype"]).reshape(part["shape"])

    def _head(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        head: dict[str, Any] = json.loads(self._process.stdout.readline())
        return head


def _start(limits: Limits) -> subprocess.Popen[bytes]:
    """A quiet Python that finds the modules of this one, and not those of the folder where it happens to start."""
    paths = os.pathsep.join(path for path in sys.path if path)
    quiet = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tastemaker.features.media_worker", json.dumps(asdict(limits))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=quiet,
        start_new_session=True,  # Ctrl-C is for the parent, which ends its workers itself
    )

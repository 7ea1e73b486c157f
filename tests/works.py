"""Works that other processes can import: each says where it ran, so that a test can end that process."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def double(part):
    return 2 * part


def late_first(part):
    time.sleep(0.3 if part == 0 else 0.0)
    return part


def refuse_three(part):
    if part == 3:
        raise ValueError("three is not liked")
    return part


@dataclass
class Loading:
    """Counts how often each process loads, and how many parts it had."""

    loaded: list = field(default_factory=list)

    def __call__(self, part):
        if not self.loaded:
            self.loaded.append(os.getpid())
        time.sleep(0.05)
        return os.getpid(), len(self.loaded)


@dataclass
class Marked:
    """A work that first writes a file named after its process."""

    work: Any
    folder: Path
    seconds: float = 0.0

    def __call__(self, part):
        (self.folder / str(os.getpid())).touch()
        time.sleep(self.seconds)
        return self.work(part)


@dataclass
class Deadly:
    """Ends its process at one part, so many times."""

    folder: Path
    part: int = 2
    times: int = 1

    def __call__(self, part):
        if part == self.part:
            for number in range(self.times):
                mark = self.folder / f"died-{number}"
                if not mark.exists():
                    mark.touch()
                    os._exit(9)
        return part


class Killing:
    """An executor that ends a process of the work's once, after the first part is finished."""

    def __init__(self, executor, folder, seconds=0.1):
        self.executor, self.folder, self.seconds = executor, folder, seconds
        self.killed = []

    def map(self, work, parts, done=None):
        def tell(number, result):
            if done is not None:
                done(number, result)
            if not self.killed:
                self.killed.append(int(max(self.folder.iterdir(), key=os.path.getmtime).name))
                os.kill(self.killed[0], 9)

        return self.executor.map(Marked(work, self.folder, self.seconds), parts, tell)

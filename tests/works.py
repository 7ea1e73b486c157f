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
class Slow:
    """Gives the part back, some seconds later."""

    seconds: float

    def __call__(self, part):
        time.sleep(self.seconds)
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
    """A work that writes a file named after its process, and another one while it is at work."""

    work: Any
    folder: Path
    seconds: float = 0.0

    def __call__(self, part):
        (self.folder / str(os.getpid())).touch()
        busy = self.folder / f"{os.getpid()}.busy"
        busy.touch()
        time.sleep(self.seconds)
        found = self.work(part)
        busy.unlink()
        return found


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
    """An executor that ends one process at work, after the first part is finished by another."""

    def __init__(self, executor, folder, seconds=0.5):
        self.executor, self.folder, self.seconds = executor, folder, seconds
        self.killed = []

    def map(self, work, parts, done=None):
        def tell(number, result):
            if done is not None:
                done(number, result)
            until = time.monotonic() + 30
            while not self.killed and time.monotonic() < until:
                for busy in self.folder.glob("*.busy"):
                    self.killed = [int(busy.stem)]
                    os.kill(self.killed[0], 9)
                    break
                time.sleep(0.01)

        return self.executor.map(Marked(work, self.folder, self.seconds), parts, tell)

    @property
    def at_work(self):
        """Whether the process was ended in the middle of a part."""
        return [path.stem for path in self.folder.glob("*.busy")] == [str(pid) for pid in self.killed]


@dataclass
class Disliking:
    """Raises at the part that holds a content."""

    work: Any
    key: str

    def __call__(self, part):
        if self.key in part.keys:
            raise ValueError("not this one")
        return self.work(part)


class Changed:
    """An executor that hands out another work in place of the one that it is given."""

    def __init__(self, executor, change):
        self.executor, self.change = executor, change

    def map(self, work, parts, done=None):
        return self.executor.map(self.change(work), parts, done)

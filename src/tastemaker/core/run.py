"""How one piece of learning is run: seed, device, threads, progress, checkpoints, time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tastemaker.core.errors import BadSetting

T = TypeVar("T")
Say = Callable[[str], None]


def silent(message: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Run:
    """Settings of the run, apart from those of the component that learns.

    Attributes:
        seed: Equal seeds give equal results on one machine.
        device: "cpu", "cuda", ..., or "auto" (cuda where there is one).
        threads: Threads of the numeric libraries; 0 leaves them as they are.
        say: Takes lines such as ``Epoch [1/20], Loss: 0.93``.
        bars: Show progress bars on the terminal.
        checkpoints: Folder where an interrupted run finds its state; None keeps none.
        seconds: Time budget of one fit; None means no limit.
    """

    seed: int = 0
    device: str = "auto"
    threads: int = 0
    say: Say = silent
    bars: bool = False
    checkpoints: Path | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise `BadSetting` where no generator takes the seed."""
        if self.seed < 0:
            raise BadSetting(f"The seed must be 0 or more (got {self.seed}).")

    def progress(self, work: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
        """Pass `work` on, with a bar called `what` when bars are wanted."""
        if not self.bars:
            yield from work
            return
        from tqdm import tqdm

        yield from tqdm(work, desc=what, total=total, leave=False, mininterval=0.3)


class Clock:
    """What is left of a time budget.

    Args:
        seconds: The budget; None is no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._whole, self._began = seconds, time.monotonic()

    @property
    def left(self) -> float | None:
        """Seconds, below 0 when it is overdrawn; None without a limit."""
        return None if self._whole is None else self._whole - (time.monotonic() - self._began)

    def least(self, share: float) -> float | None:
        """What is left, and this share of the budget at least."""
        return None if self._whole is None or self.left is None else max(self.left, share * self._whole)

"""Where tensors live, and how one piece of learning is kept apart from the rest of the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from tastemaker.core import BadSetting, Run, generator


def device_of(run: Run) -> torch.device:
    """The device of a run; "auto" is cuda where there is one.

    Raises:
        BadSetting: the device is unknown, or is not in this machine.
    """
    name = run.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BadSetting(f"The device {run.device!r} cannot be used: {_first(error)} Try 'auto' or 'cpu'.") from error
    return device


def _first(error: BaseException) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."


@contextmanager
def seeded(seed: int, purpose: str) -> Iterator[None]:
    """Torch's random draws inside the block depend on `seed` and `purpose` alone; outside nothing changes."""
    draw = int(generator(seed, purpose).integers(2**62))
    with torch.random.fork_rng():
        torch.random.manual_seed(draw)
        yield


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """At most `threads` threads of torch inside the block; 0 leaves them as they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def moved(batch: Any, device: torch.device) -> Any:
    """A batch (tensors in tuples, named tuples or dicts) on another device; other values stay as they are."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, dict):
        return {key: moved(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple):
        values = (moved(value, device) for value in batch)
        return type(batch)(*values) if type(batch) is not tuple else tuple(values)
    return batch

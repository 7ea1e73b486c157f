"""What learning and answering cost: seconds, memory, an estimate of energy."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WATTS = 12.0  # of one busy core with its share of memory and board; an assumption, no measurement
PROC = Path("/proc/self")


@dataclass
class Cost:
    """Filled when its block ends.

    Attributes:
        seconds: Wall time.
        cpu: Seconds of all threads of this process together.
        memory: Highest resident memory of the process meanwhile, MB, what was there before included; nan where
            the system does not tell (it does on Linux).
    """

    seconds: float = 0.0
    cpu: float = 0.0
    memory: float = float("nan")


@contextmanager
def metered() -> Iterator[Cost]:
    """Measure what the block costs; filled in also where it raises."""
    gc.collect()
    with suppress(OSError):  # 5: start the high-water mark anew, proc_pid_clear_refs(5)
        (PROC / "clear_refs").write_text("5")
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost.seconds, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu
        cost.memory = _high_water()


def watt_hours(cpu: float) -> float:
    """Energy estimate of processor seconds, Wh: each counts `WATTS`. Accelerators are not in it."""
    return cpu * WATTS / 3600


def _high_water() -> float:
    """Highest resident memory since the mark was set, MB."""
    with suppress(OSError):
        for line in (PROC / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float("nan")

"""Which engine runs a network: the one that is asked for, or the one that a short trial finds faster here."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import TastemakerError, files, fingerprints
from tastemaker.features.engines import exported
from tastemaker.features.engines.exported import InOnnx
from tastemaker.features.engines.network import Half, InTorch, Network, Runs, Vino, lanes_of
from tastemaker.features.engines.vino import InOpenvino

MANY = 32  # entries at once from which a trial pays: extraction gives so many, a question does not
TRIAL = 1.5  # seconds, apart from exporting, after which a trial ends
ROUNDS = 5
CPU = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")  # lines of /proc/cpuinfo
KEPT = "choices.json"


class Chosen:
    """A network and the engine that runs it.

    With "auto" that is torch, until a batch of `MANY` entries comes; then the engine that was faster in an earlier
    trial on this kind of processor, or in one that is made now. Both compute in float32 and differ by rounding.

    Args:
        network: Which.
        asked: The encoder's setting.
        threads: Of the engine; 0 leaves the number to it.
    """

    def __init__(self, network: Network, asked: Half | Vino, threads: int) -> None:
        self._network, self._threads = network, threads
        self._built: dict[str, Runs] = {}
        self._engine: str = asked
        self._bound = asked != "auto"

    @property
    def engine(self) -> str:
        """What runs it: "torch", "onnx", "bf16" or "openvino"; "auto" where that is not decided yet."""
        return self._engine

    def prepare(self, entries: int) -> None:
        """Decide, where that is still to be done; a trial is made only for so many `entries` that it pays."""
        if self._engine == "auto":
            self._engine = self._decided(entries)
        self._running(self._now)

    @property
    def lanes(self) -> int:
        """Batches that it should be given at once."""
        return self._running(self._now).lanes

    @property
    def _now(self) -> str:
        return "torch" if self._engine == "auto" else self._engine

    def __call__(self, *given: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of one batch, (n, dim)."""
        return self._running(self._now)(*given)

    def _running(self, name: str) -> Runs:
        if name not in self._built:
            try:
                self._built[name] = self._build(name)
            except TastemakerError:
                if self._bound or name == "torch":
                    raise
                self._engine = "torch"  # the file of an earlier run is gone and cannot be made again
                return self._running("torch")
        return self._built[name]

    def _build(self, name: str) -> Runs:
        if name == "onnx":
            return InOnnx(self._network, self._threads)
        if name == "openvino":
            return InOpenvino(self._network, self._threads)
        return InTorch(self._network, self._threads, half=name == "bf16")

    def _decided(self, entries: int) -> str:
        if not exported.here():
            return "torch"
        kept = _kept(_key(self._network, self._threads)) or "auto"
        return self._tried() if kept == "auto" and entries >= MANY else kept

    def _tried(self) -> str:
        """The faster engine, kept for later runs; torch where the network cannot be exported."""
        plain = self._running("torch")
        try:
            exported = self._built["onnx"] = InOnnx(self._network, self._threads)
        except TastemakerError:
            return "torch"
        batch = list(self._network.example().values())
        many = range(exported.lanes)
        with ThreadPoolExecutor(exported.lanes) as pool:
            seconds = trial(
                {
                    "torch": lambda: list(pool.map(lambda _: plain(*batch), many)),
                    "onnx": lambda: list(pool.map(lambda _: exported(*batch), many)),
                }
            )
        best = min(seconds, key=seconds.__getitem__)
        _keep(_key(self._network, self._threads), best, seconds)
        return best


def trial(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Least seconds of each way, in turns, so that what else runs on the machine meets them alike."""
    seconds = dict.fromkeys(ways, np.inf)
    for run in ways.values():
        run()  # the first batch makes room
    end = time.monotonic() + TRIAL
    for _ in range(ROUNDS):
        for name, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
        if time.monotonic() > end:
            break
    return seconds


def _key(network: Network, threads: int) -> str:
    """Changes with all that may change which engine is faster."""
    libraries = f"torch {version('torch')}, onnxruntime {version('onnxruntime')}"
    what = f"{network.name} {network.digest()[:16]} {exported.FORMAT}"
    return f"{what}, {lanes_of(threads)} lanes of threads, {libraries}, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:  # not Linux
        return f"{platform.machine()} {platform.processor()}"
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    mark = fingerprints.of_json([said.get(name, "") for name in CPU])[:12]
    return f"{said.get('model name', platform.machine())} {mark}"


def _choices() -> dict[str, Any]:
    try:
        found = json.loads((exported.folder() / KEPT).read_text("utf-8"))
    except (OSError, ValueError):  # none yet, or damaged: a trial makes it anew
        return {}
    return found if isinstance(found, dict) else {}


def _kept(key: str) -> str | None:
    one = _choices().get(key)
    engine = one.get("engine") if isinstance(one, dict) else None
    return engine if engine in ("torch", "onnx") else None


def _keep(key: str, best: str, seconds: dict[str, float]) -> None:
    kept = {"engine": best, "seconds": {name: round(value, 5) for name, value in seconds.items()}}
    try:
        files.write_json(exported.folder() / KEPT, _choices() | {key: kept})
    except OSError:  # a cache that cannot be written: the next run tries again
        return

"""The memory that features of a million items take: encoded, read again from the cache, read in blocks.

Run: ``python benchmarks/speed/bench_million.py --items 1000000``. Short distinct texts; an encoder that makes 384
numbers of a text's hash stands for a real one, which would take hours. Each step is a process of its own:

* spread: as `tastemaker encode`, every vector made and kept in the cache;
* extract: vectors made, kept and gathered, on an empty cache;
* again: gathered from the cache, nothing made;
* read: as again, then all rows read in blocks.

"peak" is the most memory that the process held at once (VmHWM), of which "data" stood there before.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import numpy as np

from tastemaker.compute.local import LocalExecutor
from tastemaker.core import Run, component
from tastemaker.core.arrays import release
from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.spread import spread

DIM = 384
OUT = Path(__file__).parents[1] / "results/bench_million.json"
STEPS = {"spread": "one", "extract": "two", "again": "one", "read": "one"}  # and the cache that each uses


@component
class Drawn:
    """384 numbers from the hash of a text."""

    name: ClassVar[str] = "drawn"
    source: ClassVar[str] = "text"
    dim: ClassVar[int] = DIM

    def encode(self, content):
        drawn = b"".join(hashlib.shake_128(text.encode()).digest(DIM) for text in content)
        return np.frombuffer(drawn, np.uint8).reshape(-1, DIM).astype(np.float32) / 127.5 - 1

    def fingerprint(self):
        return "drawn/1"


ENCODERS.entry("drawn")(lambda: Drawn)


def held(what):
    """A line of /proc about this process, MiB."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[what].split()[0]) // 1024


def dataset(count):
    texts = [(f"item {n}, a story of {n % 97} sailors and {n % 89} captains",) for n in range(count)]
    items = Vocabulary(tuple(map(str, range(count))))
    return Dataset(Vocabulary(("u",)), items, Interactions.of([0], [0]), content={"text": texts})


def step(name, data, cache):
    if name == "spread":
        return {"counts": dict(spread(data, Drawn(), LocalExecutor(), cache=cache, run=Run()).counts)}
    found = extract(data, [Drawn()], cache=cache)
    told = {"counts": dict(found.counts["drawn"])}
    if name == "read":
        vectors, total = found.features["drawn"].vectors, 0.0
        for start in range(0, len(vectors), 8192):
            total += float(vectors[start : start + 8192].sum(dtype=np.float64))
            release(vectors)
        told["sum"] = round(total, 3)
    return told


def work(name, count, folder):
    data, cache = dataset(count), FeatureCache(folder / STEPS[name])
    before, start, used = held("VmHWM"), time.perf_counter(), time.process_time()
    told = {"step": name, "items": count} | step(name, data, cache)
    told |= {"seconds": round(time.perf_counter() - start, 1), "processor": round(time.process_time() - used, 1)}
    told |= {"peak_MiB": held("VmHWM"), "data_MiB": before, "left_MiB": held("VmRSS"), "load": os.getloadavg()[0]}
    print(json.dumps(told), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where caches and vectors lie, 7 GB a million items")
    parser.add_argument("--step", choices=[*STEPS])
    given = parser.parse_args()
    if given.step:
        return work(given.step, given.items, given.folder)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        made = []
        for name in STEPS:
            what = [sys.executable, __file__, "--items", str(given.items), "--folder", folder, "--step", name]
            told = subprocess.run(what, check=True, capture_output=True, text=True).stdout
            print(told, end="", flush=True)
            made.append(json.loads(told))
            OUT.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

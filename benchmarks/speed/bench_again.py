"""A second run with nothing changed, and what features weigh: texts whose vectors are all in the cache.

Run: ``python benchmarks/speed/bench_again.py --items 100000``. The vectors are drawn and put into the cache under the
fingerprint of `minilm`, so no encoder has to run; a child process then extracts and tells its seconds, the most
memory it held, and which heavy modules it loaded.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tastemaker.core import fingerprints
from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.filling import space

OUT = Path(__file__).parents[1] / "results/bench_again.json"
PART = 20_000  # vectors kept at once


def texts(count):
    return [f"item {n}, a story of {n % 97} sailors and {n % 89} captains" for n in range(count)]


def prepare(count, folder):
    cache, mark = FeatureCache(folder), space(ENCODERS.build("minilm"))
    keys = [fingerprints.of_bytes(text.encode()) for text in texts(count)]
    rng = np.random.default_rng(0)
    for at in range(0, count, PART):
        part = keys[at : at + PART]
        cache.put(mark, dict(zip(part, rng.normal(size=(len(part), 384)).astype(np.float32), strict=True)))
    cache.close()


def again(count, folder):
    items = Vocabulary(tuple(map(str, range(count))))
    data = Dataset(
        Vocabulary(("u",)), items, Interactions.of([0], [0]), content={"text": [(text,) for text in texts(count)]}
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, used = time.perf_counter(), time.process_time()
    made = extract(data, [ENCODERS.build("minilm")], cache=FeatureCache(folder))
    seconds, used = time.perf_counter() - start, time.process_time() - used
    told = {"items": count, "seconds": round(seconds, 2), "processor_seconds": round(used, 2)}
    told |= {"encoded": made.counts["minilm"]["encoded"], "MiB_before": before // 1024}
    told["MiB_most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told["loaded"] = [name for name in ("torch", "transformers", "onnxruntime") if name in sys.modules]
    told["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(told))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.folder:
        return again(given.items, given.folder)
    with tempfile.TemporaryDirectory() as folder:
        prepare(given.items, Path(folder))
        what = [sys.executable, __file__, "--items", str(given.items), "--folder", folder]
        told = subprocess.run(what, check=True, capture_output=True, text=True).stdout
    OUT.write_text(json.dumps(json.loads(told), indent=2) + "\n", encoding="utf-8")
    print(told, end="")


if __name__ == "__main__":
    main()

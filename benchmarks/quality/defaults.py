"""The table of README: what `tastemaker run` says of its default settings.

    TASTEMAKER_DATA=... OMP_NUM_THREADS=1 python benchmarks/quality/defaults.py [DATA,SPLIT ...]

One split, one seed; NDCG@10 over all items. `world` is generated with its default settings. Rows are kept in
benchmarks/results/defaults.json, so that one can be made anew.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUT = Path(__file__).parents[1] / "results/defaults.json"
ROWS = [
    "ml100k-posters,random",
    "ml100k-posters,time",
    "ml100k-posters,last",
    "emotify-music,random",
    "ibm-courses,random",
    "amazon-office-industrial,given",
    "amazon-baby-split,given",
    "amazon-beauty-sequences,last",
    "deskdrop-social,time",
    "world,time",
]


def told(*what):
    """The answer of a command."""
    command = [sys.executable, "-m", "tastemaker", *map(str, what), "--json", "--quiet"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(data, split):
    """NDCG@10 with its interval by model, and the seconds that all took."""
    with tempfile.TemporaryDirectory() as work:
        if data == "world":
            told("data", "make", "world", "--out", f"{work}/world")
        folder = f"{work}/world" if data == "world" else Path(os.environ["TASTEMAKER_DATA"]) / data
        start = time.perf_counter()
        found = told("run", folder, "--out", f"{work}/made.tm", "--split", split)
        seconds = round(time.perf_counter() - start)
    return {"seconds": seconds} | {one["name"]: one["measures"]["ndcg"] for one in found["models"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=ROWS, metavar="DATA,SPLIT")
    for row in parser.parse_args().rows:
        made = run(*row.split(","))
        found = json.loads(OUT.read_text()) if OUT.exists() else {}
        found[row] = made
        OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(row, json.dumps(made), flush=True)


if __name__ == "__main__":
    main()

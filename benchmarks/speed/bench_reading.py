"""10 million events read from CSV, cleaned (every rule, 5-core) and indexed, beside the plain Arrow read of the file.

    python benchmarks/speed/bench_reading.py [EVENTS]

Prints wall time, CPU time (user + system) and peak memory of each in a process of its own. The target is below
15 s and 2 GiB for 10 million events on 2 cores.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USERS, ITEMS = 500_000, 100_000

MEASURED = """
import json, resource, sys, time
start = time.perf_counter()
{work}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"seconds": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime,
                  "gib": used.ru_maxrss / 2**20, "said": said}}))
"""
ARROW = """
from pyarrow import csv
said = f"{csv.read_csv(sys.argv[1]).num_rows:,} rows"
"""
OURS = """
from tastemaker.data.read import read
from tastemaker.data.settings import DataSettings
reading = read(sys.argv[1], DataSettings(core=5))
after = reading.receipt.after
said = f"{after.rows:,} rows of {after.users:,} users and {after.items:,} items stay"
"""


def make(path, events, seed=0):
    """Events with popular items and busy users, ids as words, times a little out of order, some repeated."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import compute as pc
    from pyarrow import csv

    rng = np.random.default_rng(seed)
    user = (USERS * rng.random(events) ** 2).astype(np.int32)
    item = (ITEMS * rng.random(events) ** 3).astype(np.int32)
    time = 1_500_000_000 + np.sort(rng.integers(0, 30_000_000, events)) + rng.integers(0, 60, events)
    kinds = pa.array(["view", "click", "cart", "purchase"]).take(
        pa.array(rng.choice(4, events, p=[0.7, 0.2, 0.07, 0.03]))
    )

    def ids(letter, numbers):
        return pc.binary_join_element_wise(letter, pa.array(numbers).cast(pa.string()), "")

    table = pa.table(
        {"user_id": ids("u", user), "item_id": ids("i", item), "event": kinds, "timestamp": pa.array(time)}
    )
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="none"))


def measure(work, path):
    code = MEASURED.format(work=work)
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main(events=10_000_000):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.csv"
        start = time.perf_counter()
        subprocess.run([sys.executable, __file__, "make", str(path), str(events)], check=True)
        size, taken = path.stat().st_size / 2**20, time.perf_counter() - start
        print(f"{events:,} events, {size:.0f} MiB of CSV, made in {taken:.0f} s")
        for name, work in (("plain pyarrow.csv.read_csv", ARROW), ("read, clean, 5-core, index", OURS)):
            found = measure(work, path)
            print(
                f"{name:28} {found['seconds']:6.1f} s wall {found['cpu']:6.1f} s CPU {found['gib']:6.2f} GiB peak "
                f"{events / found['seconds'] / 1e6:6.2f} million/s  {found['said']}"
            )


def test_a_small_benchmark_runs(capsys):
    """`make bench` runs it small; run the file for 10 million events."""
    main(20_000)
    assert "5-core" in capsys.readouterr().out


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2], int(sys.argv[3]))
    else:
        main(*(int(argument.replace("_", "")) for argument in sys.argv[1:2]))

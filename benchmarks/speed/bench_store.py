"""What a store takes in and gives out a second, durable, for SQLite and for PostgreSQL where it is installed.

    python benchmarks/speed/bench_store.py [EVENTS]

Events are synced to the disk before anybody is answered. Targets for SQLite on 2 cores: 2,000 single events a second of
hundreds of submitters, 30,000 in batches of 500, a history of 50 in 150 microseconds, 100,000 events a second seeded.
"""

import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.storage.base import Event
from tastemaker.storage.intake import Intake
from tastemaker.storage.open import open_store
from tastemaker.storage.seed import seed

sys.path.append(str(Path(__file__).parents[2] / "tests"))
from postgres import Server, binaries

USERS, ITEMS = 20_000, 5_000


def world(n):
    rng = np.random.default_rng(0)
    times = 1_700_000_000 + np.sort(rng.integers(0, 10_000_000, n))
    log = Interactions.of(rng.integers(0, USERS, n), rng.integers(0, ITEMS, n), time=times)
    users, items = (Vocabulary(tuple(f"{name}{k}" for k in range(m))) for name, m in (("u", USERS), ("i", ITEMS)))
    return Dataset(users, items, log, clock="time")


def say(what, figure):
    print(f"  {what:<58}{figure:>14,.0f}", flush=True)


def submitters(store, threads, each, batch):
    """Events a second of threads that wait for each answer."""
    intake = Intake(store)

    def visit(k):
        rng = random.Random(k)
        for _ in range(each):
            pairs = [(rng.randrange(USERS), rng.randrange(ITEMS)) for _ in range(batch)]
            many = [Event(f"u{user}", f"i{item}", "click", time=1.75e9) for user, item in pairs]
            intake.submit("intake", many).result()

    crowd = [threading.Thread(target=visit, args=(k,)) for k in range(threads)]
    began = time.perf_counter()
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    seconds = time.perf_counter() - began
    intake.close()
    return threads * each * batch / seconds


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(url, n):
    store, data = open_store(url), world(n)
    shop = store.shop("seeded")
    say("events a second seeded", n / timed(lambda: seed(shop, data)))
    say("events a second seeded again (all known)", n / timed(lambda: seed(shop, data)))
    say("milliseconds a snapshot of 1,000,000 events", timed(shop.snapshot) * 1e9 / n)
    for _ in range(2):
        seconds = timed(lambda: [shop.history(f"u{k}", 50) for k in range(2000)]) / 2000
    say(f"microseconds a history of {len(shop.history('u1', 50))}", seconds * 1e6)
    say("single events a second, 300 submitters", submitters(store, 300, 20, 1))
    say("events a second in batches of 500, 8 submitters", submitters(store, 8, 20, 500))
    store.close()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        measure(f"sqlite:///{folder}/store.db", n)
    if binaries() is None:
        print("PostgreSQL is not installed")
        return
    server = Server(binaries())
    try:
        print("PostgreSQL")
        measure(server.bare(), n)
    finally:
        server.stop()
        shutil.rmtree(server.folder)


if __name__ == "__main__":
    main()

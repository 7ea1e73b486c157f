"""The best of 1,000,000 items of 64 numbers for 10,000 queries, exactly, within 2 GiB.

    python benchmarks/speed/bench_scale.py [ITEMS] [QUERIES]

Prints seconds, processor seconds and the highest memory of the whole process as JSON, and how many of 20 lists are
those of full rows of scores.
"""

import json
import resource
import sys
import time

import numpy as np

from tastemaker.data import Query
from tastemaker.models.ranking import Wish
from tastemaker.models.ranking_inner import rank_inner

DIM, PLACES, HISTORY, CHECKED = 64, 10, 20, 20


def made(items, queries, seed=0):
    """Vectors of items and of those who ask, and what each saw."""
    rng = np.random.default_rng(seed)
    vectors, asking = (rng.standard_normal((n, DIM), np.float32) for n in (items, queries))
    seen = rng.integers(0, items, (queries, HISTORY))
    return vectors, asking, [Query.of(row, user=n) for n, row in enumerate(seen)]


def by_hand(vectors, asking, query):
    """The list of one query from its full row of scores."""
    scores = vectors @ asking[query.user]
    scores[query.history] = -np.inf
    return set(np.argpartition(-scores, PLACES)[:PLACES].tolist())


def main(items=1_000_000, queries=10_000):
    vectors, asking, who = made(items, queries)
    start, used = time.perf_counter(), time.process_time()
    recs = rank_inner(lambda some: asking[[q.user for q in some]], vectors, who, Wish(PLACES))
    seconds, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    some = who[:: max(1, queries // CHECKED)][:CHECKED]
    right = sum(by_hand(vectors, asking, q) == set(recs.items[q.user].tolist()) for q in some)
    figures = {"seconds": round(seconds, 1), "processor seconds": round(used, 1), "peak GiB": round(peak, 2)}
    print(json.dumps({"items": items, "queries": queries, **figures, "checked": len(some), "right": right}))


if __name__ == "__main__":
    main(*(int(argument.replace("_", "")) for argument in sys.argv[1:3]))

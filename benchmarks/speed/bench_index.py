"""Milliseconds a query and recall@20 of indexes, over 100,000 x 128 clustered vectors, with filters.

Run: ``OMP_NUM_THREADS=1 python benchmarks/speed/bench_index.py``. Queries are users with two interests; the
approximate index is built without having seen any. "batch" asks 16 at a time.
"""

from time import perf_counter

import numpy as np

from tastemaker.storage.index.choose import index_for

SIZE, DIM, CLUSTERS, QUERIES, PLACES, BATCH = 100_000, 128, 500, 160, 20, 16


def world(rng):
    """Items around interests, of unlike popularity; users between two interests."""
    centres = rng.normal(size=(CLUSTERS, DIM))
    sizes = np.exp(0.3 * rng.normal(size=(SIZE, 1)))
    items = sizes * (centres[rng.integers(0, CLUSTERS, SIZE)] + 0.7 * rng.normal(size=(SIZE, DIM)))
    first, second = centres[rng.integers(0, CLUSTERS, (2, QUERIES))]
    users = first + 0.6 * second + 0.7 * rng.normal(size=(QUERIES, DIM))
    return items.astype(np.float32) / DIM**0.5, users.astype(np.float32) / DIM**0.5


def timed(index, queries, allowed, step):
    """Rows, and milliseconds a query, the median over blocks of `step`."""
    found, spent = [], []
    for at in range(0, len(queries), step):
        began = perf_counter()
        found.append(index.search(queries[at : at + step], PLACES, allowed)[0])
        spent.append(1000 * (perf_counter() - began) / step)
    return np.concatenate(found), float(np.median(spent))


def main():
    rng = np.random.default_rng(0)
    items, queries = world(rng)
    exact = index_for(items)
    began = perf_counter()
    ann = index_for(items, exact_up_to=0)
    print(f"faiss built and tuned in {perf_counter() - began:.1f} s")
    print(f"{'filter':>8}  {'index':6} {'one, ms':>8} {'batch, ms':>10} {'recall@20':>10}")
    for share in (1.0, 0.5, 0.2, 0.1, 0.01, 0.001):
        allowed = None if share == 1 else rng.random(SIZE) < share
        scores = queries @ items.T
        scores[:, [] if allowed is None else ~allowed] = -np.inf
        truth = np.argsort(-scores, axis=1, kind="stable")[:, :PLACES]
        for name, index in (("exact", exact), ("faiss", ann)):
            rows, one = timed(index, queries, allowed, 1)
            batch = timed(index, queries, allowed, BATCH)[1]
            recall = np.mean([np.isin(best, own).mean() for best, own in zip(truth, rows, strict=True)])
            print(f"{share:>8.1%}  {name:6} {one:8.2f} {batch:10.2f} {recall:10.3f}", flush=True)


if __name__ == "__main__":
    main()

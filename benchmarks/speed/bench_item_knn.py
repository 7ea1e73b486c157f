"""item_knn beside the library implicit: processor seconds of one thread to fit, and to list 10 for everybody.

    python benchmarks/speed/bench_item_knn.py [--python OTHER_INTERPRETER] [--k 100000] [--rounds 5] [--data FOLDER]

Implicit may live in an environment of its own (``--python``); without it the script says so and ends. Rounds of the
two alternate, medians are printed. Both leave out what the user took. Implicit counts an item among its own
neighbours, so it gets one more. With k as large as the catalogue nothing is cut and lists are equal: the same scores
at each place (items of equal scores may change places). Of smaller k implicit drops some of the neighbours that tie
with the last one, and item_knn none.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLACES = 10
USERS, ITEMS, EVENTS = 22_363, 12_101, 176_000

THEIRS = """
import json, sys, time, warnings
import numpy as np
from scipy.sparse import csr_matrix
warnings.simplefilter("ignore")
from implicit.nearest_neighbours import CosineRecommender
found = np.load(sys.argv[1])
taken = csr_matrix((np.ones(len(found["user"])), (found["user"], found["item"])), shape=tuple(found["shape"]))
taken.data[:] = 1
start = time.process_time()
model = CosineRecommender(K=int(sys.argv[3]) + 1, num_threads=1)
model.fit(taken, show_progress=False)
fitted = time.process_time()
items, scores = model.recommend(np.arange(taken.shape[0]), taken, N=int(sys.argv[4]))
print(json.dumps([fitted - start, time.process_time() - fitted]))
np.savez(sys.argv[2], items=items, scores=scores)
"""


def shop(folder):
    """Interactions of a data folder, else drawn: users and items of a few hundred kinds."""
    import numpy as np

    from tastemaker.data import Dataset, Interactions, Vocabulary

    if folder:
        from tastemaker.data.read import read

        return read(folder).data
    rng = np.random.default_rng(0)
    user, kinds = rng.integers(0, USERS, EVENTS), 200
    near = (user % kinds) + kinds * (ITEMS // kinds * rng.random(EVENTS) ** 2).astype(int)
    item = np.where(rng.random(EVENTS) < 0.7, near, (ITEMS * rng.random(EVENTS) ** 2).astype(int))
    users, items = (Vocabulary(tuple(map(str, range(n)))) for n in (USERS, ITEMS))
    return Dataset(users, items, Interactions.of(user, item))


def ours(data, k):
    """Processor seconds to fit and to list, and the lists."""
    from tastemaker.data import queries
    from tastemaker.models.item_knn import ItemKNN

    start = time.process_time()
    model = ItemKNN(k=k, shrink=0.0, decay=1.0, dislike=0.0).fit(data)
    fitted = time.process_time()
    recs = model.recommend(queries(data, range(len(data.users))), PLACES)
    return [fitted - start, time.process_time() - fitted], recs


def theirs(python, files, k):
    """The same of implicit."""
    call = [python, "-c", THEIRS, *map(str, files), str(k), str(PLACES)]
    return json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


def equal(recs, found):
    """Share of the places with the same score."""
    import numpy as np

    scores = np.where(found["scores"] > 0, found["scores"], -np.inf)  # implicit pads with 0
    return np.isclose(recs.scores, scores, rtol=1e-5).mean()


def main(python, k, rounds, folder):
    import numpy as np

    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    if subprocess.run([python, "-c", "import implicit"], capture_output=True, check=False).returncode:
        print(f"skipped: {python} has no implicit (pip install implicit, or --python an interpreter that has it)")
        return
    data = shop(folder)
    k = min(k, len(data.items))
    with tempfile.TemporaryDirectory() as at:
        files = Path(at) / "taken.npz", Path(at) / "lists.npz"
        log = data.interactions
        np.savez(files[0], user=log.user, item=log.item, shape=[len(data.users), len(data.items)])
        seconds = {"item_knn": [], "implicit": []}
        for _ in range(rounds):
            mine, recs = ours(data, k)
            seconds["item_knn"].append(mine)
            seconds["implicit"].append(theirs(python, files, k))
        share = equal(recs, np.load(files[1]))
    for name, pairs in seconds.items():
        fit, answer, both = (statistics.median(s) for s in (*zip(*pairs, strict=True), map(sum, pairs)))
        print(f"{name:9} fit {fit:6.2f} s   {len(data.users):,} lists {answer:6.2f} s   both {both:6.2f} s")
    ratio = statistics.median(sum(b) / sum(a) for a, b in zip(*seconds.values(), strict=True))
    print(f"k = {k}: implicit takes {ratio:.1f} times as long; {share:.2%} of the places have the same score")


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--python", default=sys.executable)
    given.add_argument("--k", type=int, default=100_000)
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--data", default="")
    got = given.parse_args()
    main(got.python, got.k, got.rounds, got.data)

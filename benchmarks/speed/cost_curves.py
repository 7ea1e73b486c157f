"""How the time of each model grows with the data: generated worlds of 1, 3 and 10 times the users and items.

    python benchmarks/speed/cost_curves.py [--models popular,item_knn,...] [--sizes 1,3,10] [--users 1000]

Users, items and events grow alike (20 events a user, 2 items for 5 users, no media; item vectors are words by
tf-idf). Prints a Markdown table of processor seconds to fit, and of processor milliseconds a list of 10, the least of
the rounds, with the exponent b of ``seconds = a * events ** b`` by least squares on logarithms: 1 is linear.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from tastemaker.core import Run
from tastemaker.data import ItemVectors, queries
from tastemaker.data.read import read
from tastemaker.data.worlds import WorldSettings, make_world
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.models import RECOMMENDERS

MODELS = "popular,item_knn,user_knn,rp3beta,session_knn,als,content,ease,mmr,dpp"
ASKING, ROUNDS = 500, 2


def world(users):
    """A data set and the vectors of its items."""
    with tempfile.TemporaryDirectory() as folder:
        bare = {"image_missing": 1.0, "audio_missing": 1.0, "video": 0.0, "comments": 0.0}
        make_world(Path(folder) / "w", WorldSettings(users=users, items=users * 2 // 5, events=20, **bare))
        data = read(Path(folder) / "w").data
        words = extract(data, [ENCODERS.build("tfidf")]).features["tfidf"]
    return data, {"items": ItemVectors(words.vectors, words.present), "features": {"tfidf": words}}


def least(work, rounds):
    """The fewest processor seconds of some rounds, and what the last gave."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        out = work()
        seconds.append(time.process_time() - start)
    return min(seconds), out


def costs(name, data, given, rounds):
    """Seconds to fit, and milliseconds a list."""
    run = Run(device="cpu")
    fit, model = least(lambda: RECOMMENDERS.build(name).fit(data, **given, run=run), rounds)
    asked = queries(data, np.random.default_rng(0).integers(0, len(data.users), ASKING))
    lists, _ = least(lambda: model.recommend(asked, 10), rounds)
    return fit, lists / ASKING * 1000


def exponent(events, seconds):
    return np.polyfit(np.log(events), np.log(seconds), 1)[0]


def main(names, sizes, users, rounds=ROUNDS):
    found, events = {name: [] for name in names}, []
    for size in sizes:
        data, given = world(users * size)
        events.append(len(data.interactions))
        for name in names:
            found[name].append(costs(name, data, given, rounds))
    heads = [f"{n:,} events" for n in events]
    print(f"| model | fit s: {' | '.join(heads)} | exponent | ms a list: {' | '.join(heads)} | exponent |")
    print("|---" * (2 * len(events) + 3) + "|")
    for name, pairs in found.items():
        fits, lists = zip(*pairs, strict=True)
        cells = (f"{' | '.join(f'{s:.3g}' for s in part)} | {exponent(events, part):.1f}" for part in (fits, lists))
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--models", default=MODELS)
    given.add_argument("--sizes", default="1,3,10")
    given.add_argument("--users", type=int, default=1000)
    got = given.parse_args()
    main(got.models.split(","), [int(size) for size in got.sizes.split(",")], got.users)

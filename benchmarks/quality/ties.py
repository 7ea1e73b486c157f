"""What new tracks are told by sound, by genre and by both, where scores tie: lists that item numbers do not choose.

    TASTEMAKER_DATA=... python benchmarks/quality/ties.py --out benchmarks/results/ties.json

emotify-music, likes alone, `cold_items`: a fifth of the tracks is new, lists hold these. Where genre is all that is
known, tracks of one genre have one score, and which ten of twenty stand in a list is up to the item numbers. "expected"
is NDCG@10 as a mean over all orders of what ties (exact: each place that tied items share is worth their mean discount,
McSherry & Najork 2008); "renumbered" has the mean over random numberings of the items, a check of it, and how far
single ones lie apart. Differences are of expected figures, with paired 95 % intervals over users; "all" pools draws.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from content_models import Named
from numpy.typing import NDArray

from tastemaker.actions.choose import encoders_for
from tastemaker.core import Run, generator
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.data.join import join
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation.measured import with_intervals
from tastemaker.features.extract import extract
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

K = 10
NUMBERINGS = 20
RESAMPLED = 5000
SAME = 1e-5  # scores of one list, of deviation 1, that lie closer than this are tied: rounding is no opinion
WAYS = {"genre": ["attributes"], "audio": ["audio"], "audio and genre": ["audio", "attributes"]}
MODELS: dict[str, dict] = {"content": {"name": "content"}, "likeness": {"name": "content", "learning": "none"}}
Reals = NDArray[np.float64]


def expected(scores: Reals, right: NDArray[np.bool_]) -> float:
    """NDCG of one list of all candidates, the mean over the orders of tied ones."""
    _, group, size = np.unique(-scores, return_inverse=True, return_counts=True)
    end = np.cumsum(size)
    discount = np.zeros(len(scores))
    discount[:K] = 1 / np.log2(np.arange(2, min(K, len(scores)) + 2))
    total = np.concatenate([[0.0], np.cumsum(discount)])
    worth = (total[end] - total[end - size]) / size
    return float(worth[group[right]].sum() / discount[: right.sum()].sum())


def numbered(scores: Reals, right: NDArray[np.bool_], order: NDArray[np.intp]) -> float:
    """NDCG of one list where tied candidates stand in this order."""
    place = order[np.argsort(-scores[order], kind="stable")][:K]
    discount = 1 / np.log2(np.arange(2, K + 2))
    return float((right[place] * discount[: len(place)]).sum() / discount[: right.sum()].sum())


def even(scores: Reals) -> Reals:
    """Of deviation 1, with what lies closer than `SAME` brought together."""
    scaled = (scores - scores.mean()) / max(float(scores.std()), 1e-12)
    order = np.argsort(scaled)
    steps = np.diff(scaled[order], prepend=scaled[order[0]]) > SAME
    out = np.empty(len(scaled))
    out[order] = np.cumsum(steps)
    return out


def opinions(model: dict, known: Dataset, test: Dataset, raw: FeatureSet) -> list[tuple[Reals, NDArray[np.bool_]]]:
    """For each test user scores of the new items, and which of them he liked."""
    new = np.zeros(len(known.items), bool)
    new[test.interactions.item] = True
    new[known.interactions.item] = False
    encoders = [Named(name, found.source) for name, found in raw.items()]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders).fit(known, raw=raw, run=Run(device="cpu"))
    pairs = test.liked_pairs
    users, items = np.divmod(pairs, len(known.items))
    asking = np.unique(users)
    asked = pipeline.queries([known.users.ids[user] for user in asking])
    found = np.nan_to_num(pipeline.model.score(asked)[:, new].astype(np.float64), nan=0.0)
    column = np.cumsum(new) - 1
    out = []
    for row, user in enumerate(asking):
        right = np.zeros(int(new.sum()), bool)
        right[column[items[users == user]]] = True
        out.append((even(found[row]), right))
    return out


def measured(found: Sequence[tuple[Reals, NDArray[np.bool_]]], seed: int) -> tuple[Reals, dict]:
    """Expected NDCG of each user, and the figures of one way."""
    values = np.array([expected(*each) for each in found])
    n = len(found[0][0])
    as_they_are = np.mean([numbered(*each, np.arange(n)) for each in found])
    orders = [generator(seed, f"numbering {turn}").permutation(n) for turn in range(NUMBERINGS)]
    others = [float(np.mean([numbered(*each, order) for each in found])) for order in orders]
    row = {
        "by item number": float(as_they_are),
        "renumbered": float(np.mean(others)),
        "of numberings": [min(others), max(others)],
        "different scores a list": float(np.mean([len(np.unique(scores)) for scores, _ in found])),
    }
    return values, row


def draw(
    data: Dataset, raw: FeatureSet, model: dict, seed: int
) -> tuple[dict, tuple[tuple[str, ...], dict[str, Reals]]]:
    """All ways on one draw of the new items: figures, and who was asked with what each way gave him."""
    cut = next(iter(parse("cold_items", seed).split(data)))
    known = join(cut.train, cut.validation)
    columns, out = {}, {}
    for name, sources in WAYS.items():
        some = {n: f for n, f in raw.items() if f.source in sources}
        columns[name], out[name] = measured(opinions(model, known, cut.test, some), seed)
    nothing = np.ones((len(known.items), 1), np.float32)
    same = {"attributes": Features("attributes", nothing, np.ones(len(nothing), bool))}
    columns["nothing"], out["nothing"] = measured(opinions(model, known, cut.test, same), seed)
    for one, other in (("audio and genre", "genre"), ("audio", "genre"), ("audio", "nothing")):
        columns[f"{one} - {other}"] = columns[one] - columns[other]
    for name, found in with_intervals(columns, seed).items():
        out.setdefault(name, {})["expected"] = [found.mean, found.low, found.high]
    users = tuple(known.users.ids[user] for user in np.unique(cut.test.liked_pairs // len(known.items)))
    return out | {"users": len(users)}, (users, columns)


def main() -> None:
    parser = argparse.ArgumentParser(description="Sound and genre of new tracks, with ties told fairly.")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    data = read(Path(os.environ["TASTEMAKER_DATA"]) / "emotify-music").data
    data = data.only(data.interactions.sign > 0)
    raw = extract(data, encoders_for(data, None, lambda said: None)).features
    found: dict = {}
    for name, model in MODELS.items():
        draws = []
        for seed in args.seeds:
            row, values = draw(data, raw, model, seed)
            found.setdefault(name, {})[seed] = row
            draws.append(values)
            print(name, seed, json.dumps(row), flush=True)
        found[name]["all"] = pooled(draws)
        print(name, "all", found[name]["all"], flush=True)
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


def pooled(draws: list[tuple[tuple[str, ...], dict[str, Reals]]]) -> dict:
    """Means over users and draws; the intervals resample users, each with all of his lists."""
    names, people = np.unique(np.concatenate([users for users, _ in draws]), return_inverse=True)
    count = np.bincount(people)
    rng, out = generator(0, "pooled"), {}
    for name in draws[0][1]:
        total = np.bincount(people, np.concatenate([columns[name] for _, columns in draws]))
        drawn = rng.integers(0, len(names), (RESAMPLED, len(names)))
        means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
        out[name] = [float(total.sum() / count.sum()), *np.quantile(means, (0.025, 0.975)).tolist()]
    return out


if __name__ == "__main__":
    main()

"""Items that come after the model: how good are their places, without training?

    TASTEMAKER_DATA=... python benchmarks/quality/late_items.py --out benchmarks/results/late_items.json

Models are fitted on data that do not even name the new items; a service then places each of those where its nearest
by content stand. Lists hold new items alone; beside it `content` fitted with them, and chance.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from content_models import Named, cases
from content_pays import Case, ahead

from tastemaker.core import Run
from tastemaker.data import Features, Recommendations, Vocabulary
from tastemaker.evaluation import Report, evaluate
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline
from tastemaker.serving.live import Live
from tastemaker.storage.base import Item

MODELS = {
    "ease": {"name": "ease"},
    "als": {"name": "als"},
    "item_knn": {"name": "item_knn"},
    "rp3beta": {"name": "rp3beta"},
    "content": {"name": "content"},
}


class Late:
    """A model that never heard of the new items, as a service asks it."""

    def __init__(self, made: Case, model: dict, new: np.ndarray) -> None:
        old = np.flatnonzero(~new)
        row = np.full(len(new), -1, np.int32)
        row[old] = np.arange(len(old))
        ids = made.known.items.ids
        log = made.known.interactions
        data = replace(
            made.known,
            items=Vocabulary(tuple(ids[i] for i in old)),
            interactions=replace(log, item=row[log.item]),
            titles=(),
            content={},
            item_attributes={},
        )
        raw = {name: Features(f.source, f.vectors[old], f.present[old]) for name, f in made.raw.items()}
        pipeline = Pipeline(RECOMMENDERS.build(model), [Named(name, f.source) for name, f in raw.items()])
        pipeline.fit(data, raw=raw, run=Run(device="cpu"))
        self.live = Live(pipeline, "v", time.time())
        names = [ids[i] for i in np.flatnonzero(new)]
        self.live.take([Item(name, title="new") for name in names])
        late = {name: Features(f.source, f.vectors[new], f.present[new]) for name, f in made.raw.items()}
        whitened = {name: pipeline.whitenings[name].apply(f) for name, f in late.items()}
        self.live.place(np.arange(len(old), len(ids), dtype=np.int32), whitened)
        self._back = np.concatenate([old, np.flatnonzero(new)]).astype(np.int32)
        self._allowed = np.arange(len(ids)) >= len(old)

    def recommend(self, users, k: int = 10, *, allowed=None) -> Recommendations:
        queries = self.live.pipeline.queries(users)
        items = np.full((len(users), k), -1, np.int32)
        scores = np.full((len(users), k), -np.inf, np.float32)
        scored = self.live.scorer.ask(queries, k, [self._allowed] * len(queries))
        for n in range(len(queries)):
            rows, found = scored.best(n, k, self._allowed)
            items[n, : len(rows)], scores[n, : len(rows)] = self._back[rows], found
        return Recommendations(np.arange(len(users), dtype=np.int32), items, scores)


def new_items(made: Case) -> np.ndarray:
    new = np.zeros(len(made.known.items), bool)
    new[made.test.interactions.item] = True
    new[made.known.interactions.item] = False
    return new


def fitted(made: Case, new: np.ndarray) -> Report:
    pipeline = Pipeline(RECOMMENDERS.build({"name": "content"}), [Named(n, f.source) for n, f in made.raw.items()])
    pipeline.fit(made.known, raw=made.raw, run=Run(device="cpu"))
    return evaluate(pipeline, made.known, made.test, metrics=["ndcg"], k=10, allowed=new)


class Chance:
    def __init__(self, new: np.ndarray) -> None:
        self._rows, self._rng = np.flatnonzero(new), np.random.default_rng(0)

    def recommend(self, users, k: int = 10, *, allowed=None) -> Recommendations:
        items = np.stack([self._rng.permutation(self._rows)[:k] for _ in users]).astype(np.int32)
        return Recommendations(
            np.arange(len(users), dtype=np.int32), items, -np.arange(k, dtype=np.float32) + 0 * items
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Items that come after the model.")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    out: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as root:
        for name, made in cases(Path(root), 0, users=600, items=200, events=24, chinese=0.0):
            new = new_items(made)
            base = fitted(made, new)
            chance = evaluate(Chance(new), made.known, made.test, metrics=["ndcg"], k=10, allowed=new)
            out[name] = {"content, fitted with them": _mean(base), "chance": _mean(chance)}
            for model in args.models:
                report = evaluate(
                    Late(made, MODELS[model], new), made.known, made.test, metrics=["ndcg"], k=10, allowed=new
                )
                out[name][model] = {
                    "late": _mean(report),
                    "late - chance": ahead(report, chance),
                    "late - fitted": ahead(report, base),
                }
            print(name, json.dumps(out[name], indent=1), flush=True)
    if args.out:
        args.out.write_text(json.dumps(out, indent=1) + "\n")


def _mean(report: Report) -> float:
    return float(report.measures["ndcg"].mean)


if __name__ == "__main__":
    main()

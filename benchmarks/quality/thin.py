"""Where behaviour is thin or out of order: strangers, short histories, wrong content, users' attributes, lost order.

    TASTEMAKER_DATA=... python benchmarks/quality/thin.py strangers short order people --out FILE.json

Each check prints as it goes. All rank the whole catalogue; differences in NDCG@10 come with paired 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from content_models import Named
from content_pays import Case, ahead, case, ndcg, shuffled

from tastemaker.actions.choose import encoders_for
from tastemaker.core import Run
from tastemaker.data import Dataset, FeatureSet, Query, Recommendations
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation import Report, evaluate
from tastemaker.features.extract import extract
from tastemaker.models.beside import short_of
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

CONTENT = ("two_tower", "mm_graph", "transformer")
SEQUENTIAL = ("transformer", "gru", "cnn")
ASIDE = ("auto", "fallback", "popular")  # choose among others, or know nobody
SHARE = 0.2  # of the users withheld


class Changed:
    """A pipeline that is asked with histories that `change` changed."""

    def __init__(self, pipeline: Pipeline, change) -> None:
        self.pipeline, self.change = pipeline, change

    def recommend(self, users: list[str], k: int) -> Recommendations:
        """Lists without anything of the whole history, ranked by what is left of it."""
        whole = self.pipeline.queries(users)
        return self.pipeline.model.recommend([self.change(query) for query in whole], k)


def cut(folder: str, split: str, seed: int = 0, *, content: bool = True) -> Case:
    """A set of TASTEMAKER_DATA, split, with its vectors."""
    where = Path(os.environ["TASTEMAKER_DATA"]) / folder
    data = read(where).data
    parts = next(iter(parse(split, seed).split(data)))
    raw = extract(data, encoders_for(data, None, lambda said: None)).features if content else {}
    return Case(where, parts.train, parts.validation, parts.test, raw)


def fitted(data: Dataset, model: Any, raw: FeatureSet) -> Pipeline:
    encoders = [Named(name, found.source) for name, found in raw.items()]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders)
    return pipeline.fit(data, raw=raw, run=Run(device="cpu", threads=1))


def judged(pipeline: Any, known: Dataset, test: Dataset) -> Report:
    return evaluate(pipeline, known, test, metrics=["ndcg"], k=10)


def strangers(models: list[str], seed: int) -> Iterator[tuple[str, dict]]:
    """A fifth of the users is withheld from training and asks with its history: its NDCG over that of known users."""
    made = cut("ml100k-posters", "random", seed)
    known = made.known
    away = np.random.default_rng(seed).random(len(known.users)) < SHARE
    rest = known.only(~away[known.interactions.user])
    test = made.test.only(away[made.test.interactions.user])
    for model in models or [name for name in RECOMMENDERS.names() if name not in ASIDE]:
        pipelines = (fitted(data, model, made.raw) for data in (known, rest))
        member, stranger = (judged(_remembering(pipeline, known), known, test) for pipeline in pipelines)
        found = {"known": ndcg(member), "strangers": ndcg(stranger), "kept": ndcg(stranger) / ndcg(member)}
        yield model, found | {"difference": ahead(stranger, member)}


def _remembering(pipeline: Pipeline, data: Dataset) -> Pipeline:
    pipeline.remember(data)
    return pipeline


def short(models: list[str], seed: int) -> Iterator[tuple[str, dict]]:
    """With content, without, and with that of other items: whole histories, and their last five events."""
    made = cut("ml100k-posters", "random", seed)
    features = {"full": made.raw, "blanked": {}, "permuted": shuffled(made.raw, seed)}
    for model in models or CONTENT:
        found = {name: fitted(made.known, model, raw) for name, raw in features.items()}
        whole = {name: judged(pipeline, made.known, made.test) for name, pipeline in found.items()}
        five = {name: judged(Changed(p, short_of), made.known, made.test) for name, p in found.items()}
        yield (
            model,
            {
                **{name: ndcg(report) for name, report in whole.items()},
                "permuted / blanked": ndcg(whole["permuted"]) / ndcg(whole["blanked"]),
                **{f"{name}, last 5": ndcg(report) for name, report in five.items()},
                "full - blanked": ahead(whole["full"], whole["blanked"]),
                "full - blanked, last 5": ahead(five["full"], five["blanked"]),
            },
        )


def order(models: list[str], seed: int) -> Iterator[tuple[str, dict]]:
    """The order inside histories is lost when lists are asked for."""
    made = cut("amazon-beauty-sequences", "last", seed, content=False)
    rng = np.random.default_rng(seed)

    def mixed(query: Query) -> Query:
        at = rng.permutation(len(query.history))
        return replace(query, **{name: getattr(query, name)[at] for name in ("history", "sign", "value")})

    for model in models or SEQUENTIAL:
        pipeline = fitted(made.known, model, {})
        right, lost = (judged(asked, made.known, made.test) for asked in (pipeline, Changed(pipeline, mixed)))
        found = {"in order": ndcg(right), "shuffled": ndcg(lost), "lost": 1 - ndcg(lost) / ndcg(right)}
        yield model, found | {"difference": ahead(right, lost)}


def people(models: list[str], seed: int) -> Iterator[tuple[str, dict]]:
    """New users with their attributes and without: MovieLens, and a world where attributes decide."""
    with tempfile.TemporaryDirectory() as root:
        world = case("attributes", seed, Path(root), split="cold_users")
        for name, made in (("world", world), ("ml100k-posters", cut("ml100k-posters", "cold_users", seed))):
            for model in models or ["two_tower"]:
                first = {"name": "fallback", "models": [model, "popular"]}  # who is not known gets what is popular
                reports = []
                for attributes in (True, False):
                    known, test = (d if attributes else _bare(d) for d in (made.known, made.test))
                    reports.append(judged(fitted(known, first, made.raw), known, test))
                found = {"with": ndcg(reports[0]), "without": ndcg(reports[1])}
                yield f"{model}, {name}", found | {"with - without": ahead(*reports)}


def _bare(data: Dataset) -> Dataset:
    return replace(data, user_attributes={})


CHECKS = {"strangers": strangers, "short": short, "order": order, "people": people}


def main() -> None:
    parser = argparse.ArgumentParser(description="Where behaviour is thin or out of order.")
    parser.add_argument("checks", nargs="+", choices=list(CHECKS))
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found: dict[str, dict] = {}
    for check in args.checks:
        start = time.time()
        for model, row in CHECKS[check](args.models, args.seed):
            found.setdefault(check, {})[model] = row
            print(check, model, f"{time.time() - start:.0f} s", row, flush=True)
            start = time.time()
            if args.out:
                args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Content that is missing or wrong: what models keep, and whether filling beats zeros.

    TASTEMAKER_DATA=... python benchmarks/quality/incomplete.py missing --models content two_tower --out FILE.json
    TASTEMAKER_DATA=... python benchmarks/quality/incomplete.py missing --without attributes --ways masks zeros regress
    TASTEMAKER_DATA=... python benchmarks/quality/incomplete.py swapped --out FILE.json

ml100k-posters, `cold_items`; lists hold new items alone, NDCG@10 with paired 95 % intervals over users. "missing": two
thirds of the items are incomplete, a third of these each without text, without picture and without both, drawn within
the new, the rare (the less liked 70 %) and the frequent items. Ways: "masks" is what the product does; "zeros" gives
the encoder's vector as zeros that pose as content, before whitening, "mean" the centre after it; the others are
methods of `[impute]`. "swapped": half of the items have each other's picture, against text alone and all content.
`--inner` takes the items that are known for the whole: what is chosen is chosen there. Calls are merged into one file.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from content_models import Named
from content_pays import Case, K, ahead, ndcg

from tastemaker.actions.choose import encoders_for
from tastemaker.core import Run, generator
from tastemaker.data import Features, FeatureSet
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation import Report, evaluate
from tastemaker.features.extract import extract
from tastemaker.fusion.impute import Impute
from tastemaker.learning.harms import swapped
from tastemaker.learning.stress import without
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

RARE = 0.7
SHARE = 2 / 3
SWAPPED = 0.5
ENOUGH = 0.85


def made(*, inner: bool, gone: list[str], seed: int = 0) -> Case:
    """The data cut, with the vectors of all sources but those that are left out; `inner`: the known items cut again."""
    folder = Path(os.environ["TASTEMAKER_DATA"]) / "ml100k-posters"
    data = read(folder).data
    raw = extract(data, encoders_for(data, None, lambda said: None)).features
    raw = {name: found for name, found in raw.items() if found.source not in gone}
    cut = next(iter(parse("cold_items", seed).split(data)))
    if not inner:
        return Case(folder, cut.train, cut.validation, cut.test, raw)
    known = Case(folder, cut.train, cut.validation, cut.test, raw).known
    again = next(iter(parse("cold_items", seed + 1).split(known)))
    return Case(folder, again.train, again.validation, again.test, raw)


def lists(case: Case, model: str, raw: FeatureSet, impute: Impute | None = None) -> Report:
    """Lists of the new items by a model on these vectors."""
    encoders = [Named(name, found.source) for name, found in raw.items()]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders, impute=impute or Impute())
    pipeline.fit(case.known, raw=raw, run=Run(device="cpu"))
    return evaluate(pipeline, case.known, case.test, metrics=["ndcg"], k=K, allowed=new_of(case))


def new_of(case: Case) -> np.ndarray:
    """Items of the test that training never saw."""
    new = np.zeros(len(case.known.items), bool)
    new[case.test.interactions.item] = True
    new[case.known.interactions.item] = False
    return new


def incomplete(case: Case, seed: int) -> FeatureSet:
    """Two thirds of the items without text, picture or both, in equal parts within each stratum."""
    draw = generator(seed, "incomplete")
    likes = np.bincount(case.known.interactions.item, minlength=len(case.known.items))
    warm = np.flatnonzero(likes)
    order = warm[np.argsort(likes[warm], kind="stable")]
    few = round(RARE * len(order))
    text, image = [], []
    for stratum in (np.flatnonzero(new_of(case)), order[:few], order[few:]):
        some = draw.permutation(stratum)[: round(SHARE * len(stratum))]
        first, second, both = np.array_split(some, 3)
        text += [first, both]
        image += [second, both]
    return without(without(case.raw, "text", np.concatenate(text)), "image", np.concatenate(image))


def zeros(features: FeatureSet) -> FeatureSet:
    """What is absent, as zeros that pose as content."""
    return {n: Features(f.source, f.vectors * f.present[:, None], np.ones_like(f.present)) for n, f in features.items()}


def mean(features: FeatureSet) -> FeatureSet:
    """What is absent, as the mean of what is there."""
    return {
        n: Features(
            f.source,
            np.where(f.present[:, None], f.vectors, f.vectors[f.present].mean(axis=0)).astype(np.float32),
            np.ones_like(f.present),
        )
        for n, f in features.items()
    }


def way(name: str, raw: FeatureSet) -> tuple[FeatureSet, Impute]:
    """The vectors and the filling of one way."""
    if name in ("masks", "zeros", "mean"):
        return {"masks": raw, "zeros": zeros(raw), "mean": mean(raw)}[name], Impute()
    how, _, graph = name.partition(" ")
    return raw, Impute(how=how, graph=graph or "content")


def missing(case: Case, args: argparse.Namespace) -> None:
    """What each model keeps by each way, and the differences from zeros."""
    for model in args.models:
        full = lists(case, model, case.raw)
        keep(args, "missing", model, "whole", {"ndcg": ndcg(full), "users": len(full.users)})
        for seed in args.seeds:
            reports: dict[str, Report] = {}
            for name in args.ways:
                start = time.time()
                reports[name] = report = lists(case, model, *way(name, incomplete(case, seed)))
                row = {"ndcg": ndcg(report), "kept": ndcg(report) / ndcg(full), "change": ahead(report, full)}
                row[f"less {ENOUGH:.0%} of the whole"] = ahead(report, scaled(full, ENOUGH))
                row |= {f"against {o}": ahead(report, reports[o]) for o in ("zeros", "masks") if o in reports}
                keep(args, "missing", model, f"seed {seed}", name, row | {"seconds": time.time() - start})


def scaled(report: Report, share: float) -> Report:
    """The same with a share of every figure."""
    measures = {
        n: replace(m, values=None if m.values is None else m.values * share) for n, m in report.measures.items()
    }
    return replace(report, measures=measures)


def wrong(case: Case, args: argparse.Namespace) -> None:
    """Half of the items have each other's picture."""
    for model in args.models:
        full = lists(case, model, case.raw)
        text = lists(case, model, {n: f for n, f in case.raw.items() if f.source != "image"})
        row = {"ndcg": ndcg(full), "without pictures": ndcg(text), "against without": ahead(full, text)}
        keep(args, "swapped", model, "whole", row)
        for seed in args.seeds:
            n = len(case.known.items)
            rows = generator(seed, "wrong-image").permutation(n)[: round(SWAPPED * n)]
            report = lists(case, model, swapped(case.raw, "image", rows))
            row = {"ndcg": ndcg(report), "against without": ahead(report, text), "against all": ahead(report, full)}
            row["lower end against without, share"] = row["against without"][1] / ndcg(text)
            keep(args, "swapped", model, f"seed {seed}", row)


def keep(args: argparse.Namespace, *at) -> None:
    """Print a row, and put it into the file beside those that are there."""
    *path, row = at
    sources = "all sources" if not args.without else "without " + " and ".join(args.without)
    path = ["inner" if args.inner else "test", sources, *path]
    print(*path, row, flush=True)
    if args.out is None:
        return
    whole = json.loads(args.out.read_text()) if args.out.is_file() else {}
    place = whole
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = row
    args.out.write_text(json.dumps(whole, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Content that is missing or wrong.")
    parser.add_argument("check", choices=("missing", "swapped"))
    parser.add_argument("--models", nargs="*", default=["content"])
    parser.add_argument("--ways", nargs="*", default=["zeros", "mean", "masks", "neighbours", "regress"])
    parser.add_argument("--without", nargs="*", default=[], help="sources that nobody has")
    parser.add_argument("--seeds", nargs="*", type=int, default=[999, 42, 2023])
    parser.add_argument("--inner", action="store_true")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    case = made(inner=args.inner, gone=args.without)
    {"missing": missing, "swapped": wrong}[args.check](case, args)


if __name__ == "__main__":
    main()

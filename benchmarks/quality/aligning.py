"""Does it pay to pull an item's own vector, its content and its sources together? Networks with and without alignment.

    TASTEMAKER_DATA=... python benchmarks/quality/aligning.py --models "two_tower, kernel" --weights 0 0.1 --out X.json

ml100k-posters; `align` is the weight of the contrastive loss, the closed form beside the networks is left out, so that
what the networks themselves learn is seen. "cold": `cold_items`, lists of new items alone; "warm": `last`. Figures are
of validation, where a weight may be chosen; `--test` adds those of the test. NDCG@10, differences from weight 0 with
paired 95 % intervals over users.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from content_models import Named
from content_pays import K, ahead, ndcg

from tastemaker.actions.choose import encoders_for
from tastemaker.core import Run
from tastemaker.data import Dataset, FeatureSet
from tastemaker.data.join import join
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation import Report, evaluate
from tastemaker.features.extract import extract
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

MODELS = {
    "two_tower, kernel": {"name": "two_tower"},
    "two_tower, fusion": {"name": "two_tower", "content": "fusion"},
    "transformer, kernel": {"name": "transformer"},
    "transformer, fusion": {"name": "transformer", "content": "fusion"},
}
SPLITS = {"cold": "cold_items", "warm": "last"}


def lists(model: dict, raw: FeatureSet, known: Dataset, held: Dataset, *, cold: bool) -> Report:
    """Lists for `held` of a model fitted on `known`."""
    encoders = [Named(name, found.source) for name, found in raw.items()]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders).fit(known, raw=raw, run=Run(device="cpu"))
    new = None
    if cold:
        new = np.zeros(len(known.items), bool)
        new[held.interactions.item] = True
        new[known.interactions.item] = False
    return evaluate(pipeline, known, held, metrics=["ndcg"], k=K, allowed=new)


def main() -> None:
    parser = argparse.ArgumentParser(description="Does alignment pay?")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--splits", nargs="*", default=list(SPLITS), choices=list(SPLITS))
    parser.add_argument("--weights", nargs="*", type=float, default=[0.0, 0.1])
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    data = read(Path(os.environ["TASTEMAKER_DATA"]) / "ml100k-posters").data
    raw = extract(data, encoders_for(data, None, lambda said: None)).features
    found = json.loads(args.out.read_text()) if args.out and args.out.is_file() else {}
    for split in args.splits:
        cut = next(iter(parse(SPLITS[split], 0).split(data)))
        known = join(cut.train, cut.validation)
        where = {"validation": (cut.train, cut.validation), **({"test": (known, cut.test)} if args.test else {})}
        for name in args.models:
            for part, (before, held) in where.items():
                reports: dict[float, Report] = {}
                for weight in args.weights:
                    start = time.time()
                    model = {**MODELS[name], "align": weight, "closed": 0.0}
                    reports[weight] = report = lists(model, raw, before, held, cold=split == "cold")
                    row = {"ndcg": ndcg(report), "seconds": time.time() - start}
                    row |= {"against 0": ahead(report, reports[0.0])} if weight and 0.0 in reports else {}
                    found.setdefault(split, {}).setdefault(name, {}).setdefault(part, {})[str(weight)] = row
                    print(split, name, part, weight, row, flush=True)
                    if args.out:
                        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

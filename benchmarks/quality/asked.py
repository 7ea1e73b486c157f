"""What `auto` is worth where it knows what is asked, where it is told, and where it must guess; beside named models.

    TASTEMAKER_DATA=... python benchmarks/quality/asked.py ml100k-posters random last time --out FILE.json

A split of the data set is cut; all learn from train and validation and rank all items for the test users. `auto`
chooses by the validation part ("run"), by a question ("fit --for"), or by itself ("fit"). `--quick` leaves networks,
`als`, `rp3beta` and `content` out of its ladder. Differences in NDCG@10 to the best named model come with paired 95 %
intervals.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from content_pays import ahead, ndcg
from thin import cut

from tastemaker.actions.holdout import question_of
from tastemaker.core import Run
from tastemaker.data.join import join
from tastemaker.evaluation import evaluate
from tastemaker.models.auto import LADDER
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

NAMED = {
    "popular": "popular",
    "item_knn": "item_knn",
    "content": "content",
    "ease": "ease",
    "ease of sets": {"name": "ease", "order": 0.0, "decay": 1.0, "dropout": 0.5},
}
SLOW = ("transformer", "gru", "two_tower", "als", "rp3beta", "content")
WAYS = ("run", "fit --for", "fit")


def one_split(folder: str, split: str, named, ways, seconds: float, *, quick: bool, seed: int = 0) -> dict:
    made = cut(folder, split, seed)
    known = join(made.train, made.validation)
    base = Pipeline(RECOMMENDERS.build("popular"), [])
    base.describe(known, made.raw)
    reports, found = {}, {}

    def measured(name: str, model, *, chosen_by_validation: bool = False) -> None:
        said, start = [], time.perf_counter()
        run = Run(device="cpu", threads=1, seconds=seconds, say=said.append)
        parts = (made.train, made.validation) if chosen_by_validation else (known, None)
        pipeline = base.with_model(model).refit(*parts, run)
        spent = time.perf_counter() - start
        report = evaluate(pipeline, known, made.test, metrics=["ndcg", "recall"], k=10)
        reports[name] = report
        why = [line for line in said if line.startswith("auto")]
        recall = float(report.measures["recall"].mean)
        found[name] = {"ndcg": ndcg(report), "recall": recall, "seconds": round(spent, 1), "said": why}
        print(f"{split:8} {name:18} {ndcg(report):.4f} {recall:.4f} {spent:6.1f} s", *why, sep="\n  ", flush=True)

    for name in named:
        measured(name, RECOMMENDERS.build(NAMED[name]))
    best = max(named, key=lambda name: found[name]["ndcg"])
    ladder = [spec for spec in LADDER if not (quick and spec["name"] in SLOW)]
    for way in ways:
        asked = None if way == "fit" else question_of(split)
        auto = RECOMMENDERS.build({"name": "auto", "models": ladder, "asked": asked})
        measured(f"auto, {way}", auto, chosen_by_validation=way == "run")
        found[f"auto, {way}"] |= {"best named": best, "ahead of it": ahead(reports[f"auto, {way}"], reports[best])}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("splits", nargs="+")
    parser.add_argument("--named", nargs="+", choices=list(NAMED), default=list(NAMED))
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=WAYS)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = json.loads(args.out.read_text()) if args.out.exists() else {}
    for split in args.splits:
        key = f"{args.folder}, {split}" + (", quick" if args.quick else "")
        made = one_split(args.folder, split, args.named, args.ways, args.seconds, quick=args.quick)
        found[key] = found.get(key, {}) | made
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Is a model better for the content it reads? New items, with content, without, and with that of other items.

    TASTEMAKER_DATA=... python benchmarks/quality/content_models.py --models two_tower --out FILE.json

The same model is fitted three times: with content, with it blanked, and permuted among the items. Lists hold new
items alone; differences in NDCG@10 come with paired 95 % intervals. Data: ml100k-posters where TASTEMAKER_DATA has it,
and worlds whose tastes lie in text, in pictures, or in all content and behaviour.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from content_pays import Case, K, ahead, case, shuffled

from tastemaker.actions.choose import encoders_for
from tastemaker.core import Run
from tastemaker.data import FeatureSet
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation import Report, evaluate
from tastemaker.features.extract import extract
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

WORLDS = ("text", "image", "mixed")
MODELS = {
    "two_tower": {"name": "two_tower"},
    "mm_graph": {"name": "mm_graph", "ids": False},
    "transformer": {"name": "transformer", "id_dropout": 0.5},
    "content": {"name": "content"},
    "content, ridge": {"name": "content", "learning": "ridge"},
    "content, likeness": {"name": "content", "learning": "none"},
}


def cases(root: Path, seed: int, **settings) -> Iterator[tuple[str, Case]]:
    """Data with items in the test that training never saw."""
    where = os.environ.get("TASTEMAKER_DATA")
    if where and (Path(where) / "ml100k-posters").is_dir():
        folder = Path(where) / "ml100k-posters"
        data = read(folder).data
        cut = next(iter(parse("cold_items", seed).split(data)))
        raw = extract(data, encoders_for(data, None, lambda said: None)).features
        yield "ml100k-posters", Case(folder, cut.train, cut.validation, cut.test, raw)
    for taste in WORLDS:
        yield taste, case(taste, seed, root, "cold_items", **settings)


def cold(made: Case, model: dict, raw: FeatureSet) -> Report:
    """The model's lists of new items."""
    encoders = [Named(name, found.source) for name, found in raw.items()]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders)
    pipeline.fit(made.known, raw=raw, run=Run(device="cpu"))
    new = np.zeros(len(made.known.items), bool)
    new[made.test.interactions.item] = True
    new[made.known.interactions.item] = False
    return evaluate(pipeline, made.known, made.test, metrics=["ndcg"], k=K, allowed=new)


class Named:
    """An encoder whose vectors are at hand."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source


def row(made: Case, model: dict, seed: int) -> tuple[dict, Report]:
    """Figures of one model on one case, and its report with content."""
    full, blank = cold(made, model, made.raw), None
    other = cold(made, model, shuffled(made.raw, seed))
    if not RECOMMENDERS.get(model["name"]).needs_vectors and model.get("ids", True):
        blank = cold(made, model, {})
    out = {"full": _mean(full), "permuted": _mean(other), "full - permuted": ahead(full, other)}
    if blank is not None:
        out |= {"blanked": _mean(blank), "full - blanked": ahead(full, blank)}
    return out, full


def _mean(report: Report) -> float:
    return float(report.measures["ndcg"].mean)


def main() -> None:
    parser = argparse.ArgumentParser(description="Is a model better for the content it reads?")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--users", type=int, default=600, help="of the worlds")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as root:
        for name, made in cases(Path(root), args.seed, users=args.users, items=200, events=24, chinese=0.0):
            reports = {}
            for model in args.models:
                start = time.time()
                found.setdefault(name, {})[model], reports[model] = row(made, MODELS[model], args.seed)
                if "content" in reports and model != "content":
                    found[name][model]["full - content"] = ahead(reports[model], reports["content"])
                print(name, model, f"{time.time() - start:.0f} s", found[name][model], flush=True)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

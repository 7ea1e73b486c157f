"""Does content pay? Worlds whose hidden factors are known, measured with the finished stack.

    python benchmarks/quality/content_pays.py --seeds 0 1 2 --out benchmarks/results/content_pays.json

Every check is a function of a seed that gives plain numbers; ``tests/golden/test_content_pays.py`` holds them to
their targets.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tastemaker.core import Run
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.data.join import join
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.data.worlds import Oracle, WorldSettings, make_world
from tastemaker.evaluation import Report, compare, evaluate
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.fusion.catalog import FUSIONS
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

ENCODER = {"text": "minilm", "image": "efficientnet", "audio": "musicnn"}
K = 10
SMALL = {"users": 300, "items": 96, "events": 16, "size": 96, "chinese": 0.0}


class Case(NamedTuple):
    """A world, split, with its vectors before whitening."""

    folder: Path
    train: Dataset
    validation: Dataset
    test: Dataset
    raw: FeatureSet

    @property
    def known(self) -> Dataset:
        return join(self.train, self.validation)


def case(taste: str, seed: int, root: Path, split: str = "time", sources=tuple(ENCODER), **settings) -> Case:
    """Make a world under `root` and encode it; media of one seed are the same for most tastes, so cached."""
    folder = root / f"{taste}-{seed}"
    if not folder.is_dir():
        make_world(folder, WorldSettings(taste=taste, seed=seed, comments=0, video=0, **settings))
    data = read(folder).data
    cut = next(iter(parse(split, seed).split(data)))
    encoders = [ENCODERS.build(ENCODER[source]) for source in sources]
    raw = extract(data, encoders, cache=FeatureCache(root / "features")).features
    return Case(folder, cut.train, cut.validation, cut.test, raw)


def fitted(case: Case, model="content", fusion="weighted", only=None, raw=None) -> Pipeline:
    """A pipeline over some of the sources."""
    chosen = {n: f for n, f in (raw or case.raw).items() if only is None or f.source in only}
    encoders = [ENCODERS.build(name) for name in chosen]
    pipeline = Pipeline(RECOMMENDERS.build(model), encoders, FUSIONS.build(fusion))
    return pipeline.fit(case.train, case.validation, raw=chosen, run=Run(device="cpu"))


def measured(case: Case, model) -> Report:
    return evaluate(model, case.known, case.test, metrics=["ndcg"], k=K)


def ndcg(report: Report) -> float:
    return float(report.measures["ndcg"].mean)


def ahead(a: Report, b: Report) -> tuple[float, float, float]:
    """Mean difference in NDCG and its paired 95 % interval."""
    found = compare(a, b)["ndcg"]
    return float(found.mean), float(found.low), float(found.high)


def shuffled(features: FeatureSet, seed: int) -> FeatureSet:
    """The same vectors on other items."""
    order = np.random.default_rng(seed).permutation(len(next(iter(features.values())).present))
    return {name: Features(f.source, f.vectors[order], f.present[order]) for name, f in features.items()}


def popular(case: Case) -> Report:
    return measured(case, Pipeline(RECOMMENDERS.build("popular")).fit(case.train, case.validation))


def default_world(seed: int, root: Path, **settings) -> dict:
    """Oracle against popularity, content against the oracle."""
    made = case("mixed", seed, root, **settings)
    oracle, floor = measured(made, Oracle.of(made.folder, made.known)), popular(made)
    content, knn = measured(made, fitted(made)), measured(made, fitted(made, "item_knn"))
    return {
        "oracle": ndcg(oracle),
        "popular": ndcg(floor),
        "content": ndcg(content),
        "item_knn": ndcg(knn),
        "oracle / popular": ndcg(oracle) / ndcg(floor),
        "content / oracle": ndcg(content) / ndcg(oracle),
        "content - popular": ahead(content, floor),
    }


def one_modality(taste: str, seed: int, root: Path, **settings) -> dict:
    """Taste told by one modality alone: all modalities together, that one, none, and the wrong items'.

    "shuffled" is what `content` makes of the wrong items' vectors: it may learn them by heart as numbers of the items,
    and so find by behaviour a part of what ids alone find ("ids"). "shuffled ridge", a linear map, hardly can, and
    "shuffled likeness" cannot.
    """
    made = case(taste, seed, root, **settings)
    wrong = shuffled(made.raw, seed)
    likeness, linear = ({"name": "content", "learning": how} for how in ("none", "ridge"))
    everything, alone = measured(made, fitted(made)), measured(made, fitted(made, only=[taste]))
    lost, floor = measured(made, fitted(made, raw=wrong)), popular(made)
    lost_likeness, lost_linear = (measured(made, fitted(made, spec, raw=wrong)) for spec in (likeness, linear))
    ids = measured(made, fitted(made, "item_knn"))
    return {
        "all": ndcg(everything),
        "alone": ndcg(alone),
        "popular": ndcg(floor),
        "shuffled": ndcg(lost),
        "shuffled likeness": ndcg(lost_likeness),
        "shuffled ridge": ndcg(lost_linear),
        "ids": ndcg(ids),
        "oracle": ndcg(measured(made, Oracle.of(made.folder, made.known))),
        "all / alone": ndcg(everything) / ndcg(alone),
        "all - popular": ahead(everything, floor),
        "all - shuffled": ahead(everything, lost),
        "shuffled - popular": ahead(lost, floor),
        "shuffled - ids": ahead(lost, ids),
        "shuffled ridge - popular": ahead(lost_linear, floor),
        "shuffled likeness - popular": ahead(lost_likeness, floor),
    }


def switch(seed: int, root: Path, split: str = "time", learning: str = "ridge", **settings) -> dict:
    """The telling modality differs by item; `learning` "none" compares the fused vectors as they are."""
    more = {"users": 600, "events": 40, "audio_missing": 1, **{"image_missing": 0, "text_missing": 0}}
    made = case("switch", seed, root, split, ("text", "image"), **{**settings, **more})
    model = {"name": "content", "learning": learning}
    reports = {name: measured(made, fitted(made, model, name)) for name in ("attention", "concat", "weighted")}
    reports |= {s: measured(made, fitted(made, model, only=[s])) for s in ("text", "image")}
    reports["oracle"] = measured(made, Oracle.of(made.folder, made.known))
    found = {name: ndcg(report) for name, report in reports.items()}
    return found | {"attention - concat": ahead(reports["attention"], reports["concat"])}


def attributes(seed: int, root: Path, **settings) -> dict:
    """New users, with what is known of them and without."""
    model = {"name": "fallback", "models": ["content", "popular"]}
    made = case("attributes", seed, root, split="cold_users", **settings)
    bare = made._replace(
        train=replace(made.train, user_attributes={}),
        validation=replace(made.validation, user_attributes={}),
        test=replace(made.test, user_attributes={}),
    )
    bare = bare._replace(validation=replace(bare.validation, users=bare.train.users, items=bare.train.items))
    with_them, without = measured(made, fitted(made, model)), measured(bare, fitted(bare, model))
    return {
        "with": ndcg(with_them),
        "without": ndcg(without),
        "oracle": ndcg(measured(made, Oracle.of(made.folder, made.known))),
        "with - without": ahead(with_them, without),
    }


def all_checks(seed: int, root: Path, **settings) -> dict:
    found = {"mixed": default_world(seed, root, **settings)}
    found |= {taste: one_modality(taste, seed, root, **settings) for taste in ENCODER}
    found["switch"] = switch(seed, root, **settings)
    found["likeness"] = switch(seed, root, learning="none", **settings)
    found["cold"] = switch(seed, root, "cold_items", **settings)
    return found | {"attributes": attributes(seed, root, **settings)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Does content pay?")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--work", type=Path, help="keep worlds and vectors here")
    parser.add_argument("--out", type=Path, help="write the numbers here as JSON")
    parser.add_argument("--small", action="store_true", help="as in `make test`")
    args = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in args.seeds:
            start = time.time()
            results[seed] = all_checks(seed, args.work or Path(temporary), **(SMALL if args.small else {}))
            print(f"seed {seed}, {time.time() - start:.0f} s")
            for world, numbers in results[seed].items():
                print(f"  {world:11}", "  ".join(f"{name} {_shown(value)}" for name, value in numbers.items()))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(results, indent=1) + "\n")


def _shown(value) -> str:
    if isinstance(value, tuple):
        return "{:+.3f} [{:+.3f}, {:+.3f}]".format(*value)
    return f"{value:.3f}"


if __name__ == "__main__":
    main()

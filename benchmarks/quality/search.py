"""Does a text find its picture? The space that pairs teach beside names of what is recognised, and chance.

    TASTEMAKER_DATA=... python benchmarks/quality/search.py --out benchmarks/results/search.json

Items are cut into five parts; the texts of each part ask, and nothing of that part was learned from. All pictures may
be found. Recall@10 is the share of texts whose own picture is among the ten first; 95 % intervals resample texts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from tastemaker.actions.search import encoders_of
from tastemaker.core import Run, generator
from tastemaker.data.read import read
from tastemaker.data.worlds.make import make_world
from tastemaker.data.worlds.settings import WorldSettings
from tastemaker.evaluation.measured import with_intervals
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import extract
from tastemaker.features.joint.conse import Names
from tastemaker.features.joint.space import Asked, Space

K, PARTS = 10, 5


def found(folder: Path, seed: int) -> dict:
    """Recall@10 of each way, with intervals, on one folder."""
    data = read(folder).data
    encoders = encoders_of(data, "text", None, Run())
    encoders = {source: encoders[source] for source in ("text", "image")}
    own = {encoder.source: value for encoder, value in _pairs(data, encoders)}
    names = {"image": Names.of(encoders["image"].classes, encoders["text"], FeatureCache(), Run())}
    chances = {"image": encoders["image"].chances(own["image"].vectors)}
    both = np.flatnonzero(own["text"].present & own["image"].present)
    order = generator(seed, "search").permutation(both)
    hits = {"learned": [], "names": [], "both": []}
    for part in np.array_split(order, PARTS):
        among = np.ones(len(own["text"].present), bool)
        among[part] = False
        space = Space.learn(own, names, chances, among=among)
        for row in part:
            asked = Asked("text", own["text"].vectors[row])
            ways = (space.learned(asked, "image"), space.by_names(asked, "image"), space.between(asked, "image"))
            for name, scores in zip(hits, ways, strict=True):
                hits[name].append(float((scores[both] > scores[row]).sum() < K))
    columns = {name: np.array(values) for name, values in hits.items()}
    columns["learned - 2 names"] = columns["learned"] - 2 * columns["names"]
    chance = K / len(both)
    columns["learned / chance"] = columns["learned"] / chance
    out = {name: [m.mean, m.low, m.high] for name, m in with_intervals(columns, seed).items()}
    return {"pictures": len(both), "chance": chance, **out}


def _pairs(data, encoders):
    features = extract(data, list(encoders.values())).features
    return [(encoder, features[encoder.name]) for encoder in encoders.values()]


def folders(root: Path):
    """Sets at hand, and a world whose texts and pictures have nothing to do with each other: nothing may be found."""
    where = os.environ.get("TASTEMAKER_DATA")
    if where and (Path(where) / "ml100k-posters").is_dir():
        yield "ml100k-posters", Path(where) / "ml100k-posters"
    make_world(root / "world", WorldSettings(users=50, items=600, chinese=0.0, comments=0, video=0))
    yield "world without a relation", root / "world"


def main() -> None:
    parser = argparse.ArgumentParser(description="Does a text find its picture?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    every = {}
    with tempfile.TemporaryDirectory() as root:
        for name, folder in folders(Path(root)):
            every[name] = found(folder, args.seed)
            print(name, {k: np.round(v, 4).tolist() for k, v in every[name].items()}, flush=True)
    if args.out:
        args.out.write_text(json.dumps(every, indent=1) + "\n")


if __name__ == "__main__":
    main()

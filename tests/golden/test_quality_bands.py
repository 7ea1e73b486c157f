"""Quality bands: NDCG@10 of every quick model on MovieLens stays where it was, within 3 %.

A figure below its band is a loss; one above it is a gain, or a leak: look, then move the band.
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tastemaker.core import Run
from tastemaker.data.join import join
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.evaluation import evaluate
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

FOLDER = Path(os.environ.get("TASTEMAKER_DATA", "")) / "ml100k-posters"
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (FOLDER / "items.csv").is_file(), reason="no ml100k-posters: TASTEMAKER_DATA is not set"),
]
UNORDERED = {"decay": 1.0}
BANDS = {  # split, model, settings: NDCG@10
    ("random", "popular"): ({}, 0.1240),
    ("random", "item_knn"): (UNORDERED, 0.2731),
    ("random", "user_knn"): (UNORDERED, 0.3021),
    ("random", "rp3beta"): (UNORDERED, 0.2635),
    ("random", "ease"): ({**UNORDERED, "order": 0.0, "dropout": 0.5}, 0.3595),
    ("random", "als"): (UNORDERED, 0.3279),
    ("last", "session_knn"): ({}, 0.0951),
    ("last", "ease"): ({}, 0.0910),
    ("cold_items", "content"): ({}, 0.4595),
}


@cache
def cut(split):
    return next(iter(parse(split, 0).split(read(FOLDER).data)))


@cache
def described(split):
    """A pipeline over texts and attributes, which need no weights."""
    data = cut(split)
    known = join(data.train, data.validation)
    encoders = [ENCODERS.build(name) for name in ("tfidf", "attributes")] if split == "cold_items" else []
    made = Pipeline(RECOMMENDERS.build("popular"), encoders)
    made.describe(known, extract(known, encoders).features if encoders else {})
    return made, known


@pytest.mark.parametrize(("split", "name"), list(BANDS))
def test_quality_stays_in_its_band(split, name):
    settings, wanted = BANDS[split, name]
    made, known = described(split)
    test = cut(split).test
    pipeline = made.with_model(RECOMMENDERS.build({"name": name, **settings}))
    pipeline.refit(known, None, Run(device="cpu", threads=1))
    new = None
    if split == "cold_items":
        new = np.zeros(len(known.items), bool)
        new[test.interactions.item] = True
        new[known.interactions.item] = False
    found = float(evaluate(pipeline, known, test, metrics=["ndcg"], k=10, allowed=new).measures["ndcg"].mean)
    assert found == pytest.approx(wanted, rel=0.03)

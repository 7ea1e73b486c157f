"""Late fusion adds what models of single sources say, and leaves a useless source out."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, features, item_vectors, tastes
from tastemaker.core import BadSetting, Run
from tastemaker.data import Features, ItemVectors, queries
from tastemaker.models import RECOMMENDERS


def late(**settings):
    return RECOMMENDERS.build({"name": "late", **settings})


def test_all_weight_on_one_source_is_the_model_of_that_source():
    data, found = dataset(n=150), features()
    name = sorted(found)[0]
    both = late(weights={name: 1.0}).fit(data, items=item_vectors(), features=found, run=Run(device="cpu"))
    norms = np.linalg.norm(found[name].vectors, axis=1, keepdims=True)
    alone = ItemVectors((found[name].vectors / np.maximum(norms, 1e-12)).astype(np.float32), found[name].present)
    model = RECOMMENDERS.build("content").fit(data, items=alone, features={name: found[name]}, run=Run(device="cpu"))
    asked = queries(data, range(10))
    np.testing.assert_array_equal(both.recommend(asked, 5).items, model.recommend(asked, 5).items)


def test_a_source_that_tells_nothing_gets_the_smaller_weight():
    data, items = tastes(users=120, each=10)
    there = np.ones(len(data.items), bool)
    noise = np.random.default_rng(0).normal(size=(len(there), 6)).astype(np.float32)
    found = {"good": Features("text", items.vectors, items.known), "noise": Features("image", noise, there)}
    said = []
    late().fit(data, items=items, features=found, run=Run(device="cpu", say=said.append))
    (line,) = [line for line in said if line.startswith("Weights of the sources")]
    good, bad = (float(part.split()[-1]) for part in line.split(":")[1].split("(")[0].split(","))
    assert good > bad


def test_no_source_and_wrong_weights_are_errors():
    with pytest.raises(BadSetting, match="there is none"):
        late().fit(dataset(), items=item_vectors())
    with pytest.raises(BadSetting, match="sources are"):
        late(weights={"smell": 1.0}).fit(dataset(), items=item_vectors(), features=features())
    none = dict.fromkeys(features(), 0.0)
    with pytest.raises(BadSetting, match="All weights"):
        late(weights=none).fit(dataset(), items=item_vectors(), features=features())


def test_without_order_it_is_the_same_for_equal_seeds():
    data = replace(dataset(n=150), clock="none")
    one, other = (
        late().fit(data, items=item_vectors(), features=features(), run=Run(seed=3, device="cpu")) for _ in "ab"
    )
    asked = queries(data, range(10))
    np.testing.assert_array_equal(one.score(asked), other.score(asked))

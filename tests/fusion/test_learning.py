"""What fusions learn on generated worlds."""

from functools import cache

import numpy as np
import pytest

from fusion.world import by_item, hold_out, ndcg, world
from made import dataset, features
from tastemaker.core import BadSetting, Run
from tastemaker.data import Features
from tastemaker.fusion import FUSIONS
from tastemaker.fusion.likes import likes

SEEDS = (0, 1)


def gains(name, data, found, **settings):
    train, held = hold_out(data)
    fusion = FUSIONS.build({"name": name, **settings}).fit(found, train, Run(device="cpu"))
    return ndcg(fusion.fuse(found).vectors, train, held)


@cache
def by_item_gains(name):
    return np.concatenate([gains(name, *world(seed, telling=by_item())) for seed in SEEDS])


@cache
def one_source(seed=0):
    return world(seed, telling="text", sources=("audio", "image", "text"))


def alone():
    data, found = one_source()
    train, held = hold_out(data)
    return ndcg(found["text"].vectors, train, held).mean()


def test_attention_beats_concat_where_the_telling_source_differs_by_item():
    margin = by_item_gains("attention") - by_item_gains("concat")
    assert margin.mean() > 2.6 * margin.std(ddof=1) / np.sqrt(len(margin))
    assert by_item_gains("attention").mean() > 1.2 * by_item_gains("concat").mean()


@pytest.mark.parametrize("name", ["weighted", "attention"])
def test_all_sources_recover_the_one_that_tells(name):
    data, found = one_source()
    assert gains(name, data, found).mean() >= 0.85 * alone()


def test_attention_looks_at_the_telling_source_of_each_item():
    data, found = world(0, telling=by_item())
    fusion = FUSIONS.build("attention").fit(found, data, Run(device="cpu"))
    shares = fusion.shares(found)
    noisy = found["text"].vectors @ found["text"].vectors.mean(axis=0)  # noise has a pattern, content has none
    assert abs(np.corrcoef(noisy, shares[:, 1])[0, 1]) > 0.5
    assert shares.std(axis=0).min() > 0.1


def test_weighted_gives_the_telling_source_the_most():
    data, found = one_source()
    shares = FUSIONS.build("weighted").fit(found, data, Run(device="cpu")).shares(found)
    assert (shares.argmax(axis=1) == 2).all()
    np.testing.assert_allclose(shares, shares[:1].repeat(len(shares), 0), atol=1e-6)


@pytest.mark.parametrize("name", ["weighted", "attention"])
def test_with_little_behaviour_learning_does_not_hurt(name):
    change = []
    for seed in (50, 51, 52):
        data, found = world(seed, users=40, likes=6, telling=by_item())
        change.append(gains(name, data, found).mean() - gains("concat", data, found).mean())
    assert np.mean(change) > -0.02


def test_weights_that_are_set_are_kept_and_zero_leaves_a_source_out():
    found = features(n=15, missing=0)
    fusion = FUSIONS.build({"name": "weighted", "weights": {"minilm": 3, "efficientnet": 1}}).fit(found, dataset())
    np.testing.assert_allclose(fusion.shares(found), np.tile([0.25, 0.75], (15, 1)), atol=1e-6)
    fusion = FUSIONS.build({"name": "weighted", "weights": {"minilm": 0, "efficientnet": 1}}).fit(found, dataset())
    only = {"minilm": found["minilm"]}
    assert not fusion.fuse(only).known.any()
    np.testing.assert_allclose(fusion.shares(found)[:, 0], 1, atol=1e-6)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"minilm": 1, "efficentnet": 1}, "weights are for efficentnet, minilm, but the sources are: efficientnet"),
        ({"minilm": 0, "efficientnet": 0}, "All weights are 0"),
        ({}, "weights are for nothing"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(BadSetting, match=message):
        FUSIONS.build({"name": "weighted", "weights": weights}).fit(features(n=15), dataset())


def test_negative_weights_are_refused():
    with pytest.raises(BadSetting, match="weights"):
        FUSIONS.build({"name": "weighted", "weights": {"minilm": -1}})


def test_items_with_different_sources_are_compared_on_what_they_share():
    found = features(n=4, missing=0)
    same = found["minilm"].vectors.copy()
    same[1] = same[0]
    image = Features("image", found["efficientnet"].vectors, np.array([True, False, True, True]))
    both = {"minilm": Features("text", same, found["minilm"].present), "efficientnet": image}
    rows = FUSIONS.build("concat").fit(both, dataset()).fuse(both).vectors
    assert rows[0] @ rows[1] == pytest.approx(1 / np.sqrt(2), abs=1e-6)


def test_wide_sources_are_cut_to_their_first_entries():
    found = features(n=15, dims={"minilm": 12}, missing=0)
    fusion = FUSIONS.build({"name": "attention", "dim": 5, "steps": 0}).fit(found, dataset())
    first = found["minilm"].vectors[:, :5]
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    np.testing.assert_allclose(fusion.fuse(found).vectors, first, atol=1e-6)


def test_held_out_likes_are_never_learned_from():
    data, _ = world(0, users=60, likes=8, telling="text")
    split = likes(data, np.ones(300, bool), seed=0)
    log = data.interactions
    last = {(int(u), int(log.item[data.rows_of(u)[-1]])) for u in range(60)}
    trained = set(zip(split.user.tolist(), split.item.tolist(), strict=True))
    held = last - trained
    assert len(held) == 20
    assert len(trained) == 60 * 8 - 20
    assert set(split.held.items[split.held.target].tolist()) == {item for _, item in held}


def test_too_few_likes_teach_nothing():
    assert likes(dataset(n=12), np.ones(15, bool), seed=0) is None

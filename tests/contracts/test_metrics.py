"""What every metric of the catalogs must do."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, item_vectors
from tastemaker.core import BadSetting, settings_of, spec_of
from tastemaker.data import Column, Recommendations
from tastemaker.evaluation.catalog import EXPOSURE_METRICS, METRICS, RATING_METRICS

RANGES = {"diversity": (0, 2), "novelty": (0, 30), "calibration": (0, 4.61), "popularity_lift": (-1, np.inf)}


def world(seed=0):
    data = dataset(seed, users=20, items=15, n=160)
    genre = Column("category", np.array(["a", "b", "a|c"] * 5, object))
    data = replace(data, item_attributes={"genre": genre})
    return data.only(np.arange(120)), data.only(np.arange(120, 160))


def random_lists(train, seed=0, k=12):
    rng = np.random.default_rng(seed)
    items = np.array([rng.permutation(len(train.items))[:k] for _ in train.users.ids], np.int32)
    items[3, 4:] = -1
    items[5] = -1
    return Recommendations(np.arange(len(items), dtype=np.int32), items, np.zeros(items.shape, np.float32))


@pytest.fixture(params=METRICS.names())
def metric(request):
    return METRICS.build(request.param)


def test_one_value_a_user_in_range(metric):
    train, test = world()
    recs = random_lists(train)
    values = metric.measure(recs, test, train, items=item_vectors())
    assert values.shape == (20,)
    assert values.dtype == np.float64
    low, high = RANGES.get(metric.name, (0, 1))
    there = values[np.isfinite(values)]
    assert len(there) > 10
    assert there.min() >= low
    assert there.max() <= high


def test_a_user_may_be_asked_alone(metric):
    train, test = world()
    recs = random_lists(train)
    together = metric.measure(recs, test, train, items=item_vectors())
    for row in (0, 3, 5):
        one = Recommendations(recs.users[[row]], recs.items[[row]], recs.scores[[row]])
        alone = metric.measure(one, test, train, items=item_vectors())
        assert alone == pytest.approx(together[[row]], nan_ok=True, abs=1e-12)


def test_nobody_asked_is_no_value(metric):
    train, test = world()
    none = Recommendations(np.empty(0, np.int32), np.empty((0, 5), np.int32), np.empty((0, 5), np.float32))
    assert metric.measure(none, test, train, items=item_vectors()).shape == (0,)


def test_places_behind_k_change_nothing(metric):
    train, test = world()
    recs = random_lists(train)
    short = Recommendations(recs.users, recs.items[:, :10], recs.scores[:, :10])
    values = [metric.measure(r, test, train, items=item_vectors()) for r in (recs, short)]
    assert values[0] == pytest.approx(values[1], nan_ok=True)


def test_lists_shorter_than_k_are_measured(metric):
    train, test = world()
    recs = random_lists(train, k=3)
    assert metric.measure(recs, test, train, items=item_vectors()).shape == (20,)


def test_strangers_and_missing_sources_are_no_error(metric):
    train, test = world()
    recs = random_lists(train)
    strange = Recommendations(np.full(20, -1, np.int32), recs.items, recs.scores)
    values = metric.measure(strange, test, replace(train, item_attributes={}))
    assert values.shape == (20,)


@pytest.mark.parametrize("catalog", [METRICS, EXPOSURE_METRICS, RATING_METRICS], ids=lambda c: c.kind)
def test_names_match_and_specifications_rebuild(catalog):
    for name in catalog.names():
        made = catalog.build(name)
        assert made.name == name
        assert settings_of(catalog.build(spec_of(made))) == settings_of(made)
        assert len(type(made).__doc__.split("Source:")) == 2, f"{name} does not say where it comes from"
        with pytest.raises(BadSetting):
            catalog.build({"name": name, "unknown": 1})


@pytest.mark.parametrize("catalog", [METRICS, EXPOSURE_METRICS], ids=lambda c: c.kind)
def test_k_is_at_least_one(catalog):
    for name in catalog.names():
        with pytest.raises(BadSetting):
            catalog.build({"name": name, "k": 0})


@pytest.mark.parametrize("name", EXPOSURE_METRICS.names())
def test_exposure_metrics_stay_in_range(name):
    rng = np.random.default_rng(0)
    for scale in (1, 5, 1000):
        value = EXPOSURE_METRICS.build(name).measure(rng.integers(0, scale + 1, 50))
        assert 0 <= value <= 1


@pytest.mark.parametrize("name", RATING_METRICS.names())
def test_rating_metrics_give_one_value_a_pair(name):
    rng = np.random.default_rng(0)
    predicted, actual = rng.normal(size=30), rng.integers(0, 2, 30).astype(float)
    metric = RATING_METRICS.build(name)
    values = metric.measure(predicted, actual)
    assert values.shape == (30,)
    assert np.nanmin(values) >= 0
    assert metric.finish(np.array([4.0, 9.0])).shape == (2,)


def test_calibration_refuses_an_attribute_that_is_not_there():
    train, test = world()
    with pytest.raises(BadSetting, match=r"called 'style'\. They have: genre"):
        METRICS.build({"name": "calibration", "attribute": "style"}).measure(random_lists(train), test, train)


def test_calibration_takes_no_column_of_names():
    train, test = world()
    names = Column("category", np.array([f"only {i}" for i in range(15)], object))
    style = Column("category", np.array(["a", "b", "c"] * 5, object))
    calibration = METRICS.build("calibration")
    lonely = replace(train, item_attributes={"name": names})
    assert np.isnan(calibration.measure(random_lists(train), test, lonely)).all()
    both = replace(train, item_attributes={"name": names, "style": style})
    assert np.isfinite(calibration.measure(random_lists(train), test, both)).any()

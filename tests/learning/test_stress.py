"""Guests, missing modalities, the front of a trade-off, and that tuning never sees the test."""

from dataclasses import replace

import numpy as np

from made import features, tastes
from tastemaker.data import Split
from tastemaker.learning.bench import Bench
from tastemaker.learning.board import pareto
from tastemaker.learning.families import chosen
from tastemaker.learning.journal import Journal
from tastemaker.learning.limits import Limits
from tastemaker.learning.stress import Guests, half_without, sources
from tastemaker.learning.tuning import tune
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline


def _split():
    data, _ = tastes(each=10)
    n = np.arange(len(data.interactions))
    return Split(data.only(n < 260), data.only((n >= 260) & (n < 330)), data.only(n >= 330))


def test_guests_bring_their_last_events_and_never_get_what_they_had():
    data, _ = tastes(each=10)
    pipeline = Pipeline(RECOMMENDERS.build("item_knn")).fit(data)
    names = data.users.ids
    guests, whole = Guests(pipeline, 2).recommend(names, 5), pipeline.recommend(names, 5)
    assert np.array_equal(guests.users, np.arange(len(names)))
    assert not np.array_equal(guests.items, whole.items)
    for row, query in enumerate(pipeline.queries(names)):
        assert not set(guests.items[row]) & set(query.history)
    everything = Guests(pipeline, 1000).recommend(names, 5)
    assert np.array_equal(everything.items, whole.items)


def test_half_of_the_items_lose_one_modality():
    known = features(n=40)
    found = half_without(known, "text", 0)
    assert sources(known) == ["image", "text"]
    assert found["efficientnet"] is known["efficientnet"]
    kept = found["minilm"].present
    assert kept.sum() <= 20 < known["minilm"].present.sum()
    assert not found["minilm"].vectors[~kept].any()
    assert np.array_equal(kept, half_without(known, "text", 0)["minilm"].present)


def test_tuning_never_looks_at_the_test(tmp_path):
    parts = _split()
    other = replace(parts.test, interactions=parts.test.interactions.take(np.arange(3)))
    found = []
    for at, test in enumerate((parts.test, other)):
        bench = Bench(Pipeline(RECOMMENDERS.build("popular")), {}, parts._replace(test=test), lambda known, held: None)
        tuned = tune(bench, "item_knn", Limits(4), Journal.open(tmp_path / str(at), {}))
        found.append([(t.settings, t.value) for t in tuned.trials])
        assert tuned.best.value == max(t.value for t in tuned.trials)
    assert found[0] == found[1]
    assert len({str(settings) for settings, _ in found[0]}) == 4


def test_the_front_is_what_no_other_beats_in_both():
    points = [(1, 5), (2, 4), (2, 3), (3, 4), (4, 1), (0, 5), (np.nan, 9)]
    assert pareto(points) == [0, 3, 4]
    assert pareto([(1, 1), (1, 1)]) == [0]


def test_families_and_all_leave_out_wrappers():
    assert "fallback" not in chosen("all")
    assert {"popular", "content"} <= set(chosen("all"))
    assert {"content", "user_knn", "item_knn"} <= set(chosen("families"))
    assert chosen("popular, item_knn,popular") == ["popular", "item_knn"]


def test_starts_of_a_model_are_tried_right_after_the_defaults(tmp_path):
    bench = Bench(Pipeline(RECOMMENDERS.build("popular")), {}, _split(), lambda known, held: None)
    tuned = tune(bench, "ease", Limits(3), Journal.open(tmp_path, {}))
    first, second, third = (trial.settings for trial in tuned.trials)
    assert first == {name: tuned.default[name] for name in first}
    assert second == {**first, "order": 0.0, "decay": 1.0, "dropout": 0.5}
    assert third not in (first, second)

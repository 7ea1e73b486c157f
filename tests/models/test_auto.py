from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names, tastes
from tastemaker.core import Run, spec_of
from tastemaker.data import Dataset, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS, load
from tastemaker.models.judging import Judge


def build(name, **settings):
    return RECOMMENDERS.build({"name": name, **settings})


def test_auto_keeps_what_is_best_on_held_out_events_and_says_why(tmp_path):
    data, items = tastes(users=120, each=10)
    said = []
    auto = build("auto", models=["popular", "content"], blend=1)
    auto.fit(data, items=items, run=Run(device="cpu", say=said.append))
    first = auto.kept.models[0]
    assert [m.name for m in first.models] == ["content", "popular"]  # the latter for strangers
    assert (first.weights, first.strangers) == ([1.0, 0.0], [0.0, 1.0])
    assert any("for those who are known: content 0." in line and "kept: content" in line for line in said)
    auto.save(tmp_path / "m")
    asked = queries(data, range(10))
    np.testing.assert_array_equal(load(tmp_path / "m").score(asked), auto.score(asked))


def test_auto_stays_within_its_budget_and_passes_over_what_cannot_be_fitted():
    data, said = dataset(), []
    models = ["content", {"name": "ease", "limit": 2}, "popular", "item_knn"]
    auto = build("auto", models=models, budget=1e-6)
    auto.fit(data, run=Run(device="cpu", say=said.append))
    assert auto.kept.models[0].name == "popular"
    assert any("passes ease over" in line for line in said)
    assert any("no time left for item_knn" in line for line in said)


def test_auto_serves_strangers_without_history_and_tiny_data():
    data = dataset(n=30)
    auto = build("auto").fit(replace(data, clock="none"))
    assert (auto.recommend([Query(None)], 3).items >= 0).all()


def test_auto_counts_settings_that_come_to_the_same_once():
    data, said = replace(dataset(), clock="none"), []
    models = [{"name": "item_knn", "decay": 0.5}, {"name": "item_knn", "decay": 1.0}, "popular"]
    build("auto", models=models).fit(data, run=Run(device="cpu", say=said.append))
    (line,) = [line for line in said if "who are known" in line]
    assert line.split(";")[0].count("item_knn") == 1


SMALL = {"name": "gru", "dim": 8, "epochs": 3, "patience": 1}


def test_auto_leaves_networks_that_read_an_order_out_where_there_is_none():
    data, said = dataset(n=200), []
    build("auto", models=["popular", SMALL]).fit(replace(data, clock="none"), run=Run(device="cpu", say=said.append))
    assert not any("gru" in line or "Epoch" in line for line in said)


def test_auto_stops_a_network_by_the_held_out_events_and_learns_it_anew_from_all():
    pytest.importorskip("torch")
    data, said = dataset(n=200), []
    auto = build("auto", models=[SMALL]).fit(data, run=Run(device="cpu", say=said.append))
    (kept,) = [model for model in auto.kept.models[0].models if model.name == "gru"]
    epochs = [line for line in said if line.startswith("Epoch")]
    assert kept.patience == 0
    assert sum("validation" not in line for line in epochs) == kept.epochs
    assert not any("Learning anew" in line for line in said)


@pytest.mark.parametrize("asked", ["random", "cold_users", "cold_items"])
def test_auto_leaves_networks_that_read_an_order_out_where_none_is_asked_for(asked):
    said = []
    build("auto", models=["popular", SMALL], asked=asked).fit(dataset(n=200), run=Run(device="cpu", say=said.append))
    assert not any("gru" in line or "Epoch" in line for line in said)


def halves(data, seed=0):
    """A random half of the events, and the other."""
    held = np.random.default_rng(seed).random(len(data.interactions)) < 0.3
    return data.only(~held), data.only(held)


def test_auto_chooses_by_the_validation_and_learns_it_too():
    data, items = tastes(users=120, each=10)
    train, validation = halves(data)
    said = []
    auto = build("auto", models=["popular", "item_knn"], blend=1)
    auto.fit(train, items=items, validation=validation, run=Run(device="cpu", say=said.append))
    judge = Judge(train, validation)
    found = {name: judge.ndcg(build(name).fit(train).score) for name in ("popular", "item_knn")}
    for name, figure in found.items():
        assert any(f"{name} {figure:.4f}" in line for line in said)
    spec = spec_of(auto.kept)
    again = RECOMMENDERS.build(spec).fit(data, items=items)
    asked = queries(data, range(20))
    np.testing.assert_array_equal(auto.score(asked), again.score(asked))


def test_a_decided_auto_learns_what_was_kept_and_chooses_nothing():
    data, items = tastes(users=120, each=10)
    first = build("auto", models=["popular", "item_knn", "content"]).fit(data, items=items)
    said = []
    second = first.decided().fit(data, items=items, run=Run(device="cpu", say=said.append))
    assert not any(line.startswith("auto") for line in said)
    assert spec_of(second.kept) == spec_of(first.kept)
    asked = queries(data, range(20))
    np.testing.assert_array_equal(second.score(asked), first.score(asked))
    assert RECOMMENDERS.build(spec_of(second)).chosen.name == "fallback"


def test_for_new_items_auto_chooses_by_lists_of_new_items():
    data, items = tastes(users=120, items=60, each=10)
    auto = build("auto", models=["popular", "item_knn", "content"], asked="cold_items").fit(data, items=items)
    best = auto.kept.models[0]
    assert "content" in [m.name for m, w in zip(best.models, best.weights, strict=True) if w > 0]


def test_for_new_items_a_validation_without_any_still_chooses():
    data, items = tastes(users=120, each=10)
    train, validation = halves(data)
    said = []
    auto = build("auto", models=["popular", "item_knn"], asked="cold_items")
    auto.fit(train, items=items, validation=validation, run=Run(device="cpu", say=said.append))
    assert any("for those who are known: item_knn 0." in line and "popular 0.0000" not in line for line in said)


def test_strangers_get_what_is_best_for_strangers():
    data, _ = tastes(users=300, each=8)
    log = data.interactions
    late = log.user >= 270  # tastes turn: who comes late takes items that nobody had before
    turned = replace(log, item=np.where(late, 25 + np.arange(len(log)) % 5, log.item % 25).astype(np.int32))
    order = np.argsort(late, kind="stable")
    data = replace(data, interactions=turned.take(order))
    data = replace(data, interactions=replace(data.interactions, time=np.arange(len(log)) * 3600))
    models = [{"name": "popular", "half_life": None}, {"name": "popular", "half_life": 1.0}, "item_knn"]
    first = build("auto", models=models, blend=1).fit(data).kept.models[0]
    (kept,) = [m for m, w in zip(first.models, first.strangers, strict=True) if w > 0]
    assert (kept.name, kept.half_life) == ("popular", 1.0)


def test_a_validation_of_strangers_alone_leaves_known_users_judged_by_what_they_took():
    data, items = tastes(users=120, each=10)
    new = data.interactions.user >= 90
    said = []
    auto = build("auto", models=["popular", "content"])
    auto.fit(data.only(~new), items=items, validation=data.only(new), run=Run(device="cpu", say=said.append))
    assert any("for those who are known" in line for line in said)
    assert any("for strangers" in line for line in said)


def test_asking_names_a_question_where_none_is_set():
    assert build("auto").asking("random").asked == "random"
    assert build("auto", asked="time").asking("random").asked == "time"


def walks(users=150, items=40, each=15):
    """Users who walk through all items in one order, from anywhere: what comes next is nearly certain."""
    rng = np.random.default_rng(0)
    start = rng.integers(items, size=users)
    steps = np.sort(np.argsort(rng.random((users, each + 10)), axis=1)[:, :each], axis=1)
    item = ((start[:, None] + steps) % items).ravel()
    user = np.repeat(np.arange(users), each)
    log = Interactions.of(user, item, time=np.arange(len(user)) * 3600)
    return Dataset(names("u", users), names("i", items), log, clock="time")


def test_what_is_asked_decides_what_is_kept():
    data = walks()
    models = [{"name": "ease", "order": 0.9, "decay": 0.5}, {"name": "ease", "order": 0.0, "decay": 1.0}]
    kept = {}
    for asked in ("last", "random"):
        auto = build("auto", models=models, blend=1, asked=asked).fit(data)
        kept[asked] = next(m for m in auto.kept.models[0].models if m.name == "ease").order
    assert kept == {"last": 0.9, "random": 0.0}


def test_where_events_were_entered_at_once_both_questions_count():
    data = walks()
    models = [{"name": "ease", "order": 0.9, "decay": 0.5}, {"name": "ease", "order": 0.0, "decay": 1.0}]
    quick = replace(data, interactions=replace(data.interactions, time=np.arange(len(data.interactions))))
    said = []
    untold = build("auto", models=models).fit(quick, run=Run(device="cpu", say=said.append))
    told = build("auto", models=models, asked="any").fit(quick)
    future = build("auto", models=models, asked="future").fit(quick)
    assert spec_of(untold.kept) == spec_of(told.kept)
    assert spec_of(untold.kept) != spec_of(future.kept)


def test_a_group_that_is_tiny_or_never_hit_leaves_what_the_other_says():
    log = Interactions.of(np.repeat(np.arange(40), 2), np.tile([0, 1], 40), time=np.arange(80))
    data = Dataset(names("u", 40), names("i", 30), log, clock="time")
    later = data.only(np.flatnonzero(data.interactions.item == 1))

    def said(users):
        judge = Judge(data.only(np.flatnonzero(data.interactions.item == 0)), later, among=users, groups=2)
        even = judge.users % 2 == 0
        return judge.figure(np.eye(10, dtype=bool)[np.zeros(len(even), int)] & even[:, None])

    assert said(np.arange(40) >= 0) > 0.02  # the odd ones are never hit
    assert said((np.arange(40) % 2 == 0) | (np.arange(40) == 1)) == pytest.approx(1)  # one odd user is no group


def test_auto_passes_networks_over_where_nobody_liked_two_items(tmp_path):
    log = Interactions.of(np.arange(200), np.arange(200) % 20, time=np.arange(200))
    data = Dataset(names("u", 200), names("i", 20), log, clock="time")
    said = []
    model = build("auto", models=["popular", {"name": "gru", "dim": 8}]).fit(
        data, run=Run(device="cpu", say=said.append)
    )
    assert any("passes gru over: There is nothing to learn from" in line for line in said)
    assert np.isfinite(model.score([Query(None)])).any()

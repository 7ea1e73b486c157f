"""Two towers, and the kernel through which they read content."""

from dataclasses import replace

import numpy as np
import pytest

from made import tastes
from tastemaker.core import Run, SavedError
from tastemaker.data import Features, Query, queries
from tastemaker.data.held_out import hold_out
from tastemaker.models import RECOMMENDERS
from tastemaker.models.base import Given
from tastemaker.models.beside import Beside
from tastemaker.models.content_space import plain
from tastemaker.models.halves import USUAL, Halves, Weights, opinions
from tastemaker.models.kernels import landmarks
from tastemaker.models.places import People, Places
from tastemaker.models.sparse import liked


def two_sources(noise=0.0, **more):
    """A world of three tastes, told by one source; the other is noise; some rows of both are missing."""
    data, items = tastes(**more)
    rng = np.random.default_rng(1)
    n = len(items.vectors)
    there = rng.random(n) >= noise
    telling = Features("text", items.vectors * there[:, None], there)
    return data, {
        "telling": telling,
        "noise": Features("image", rng.normal(size=(n, 8)).astype(np.float32), there | True),
    }


def test_inner_products_are_the_kernel():
    data, features = two_sources(users=200, items=60)
    found = landmarks(features, liked(data))
    phi = found(features).astype(np.float64)
    order = np.argsort(phi @ phi[0])
    near = np.linalg.norm(_joined(found, features) - _joined(found, features)[0], axis=1)
    np.testing.assert_allclose(phi @ phi[0], np.exp(-near / found.width), atol=1e-4)
    assert order[-1] == 0


def _joined(found, features):
    parts = [(features[name].vectors - found.centre[name]) * found.scale[name] for name in sorted(features)]
    return np.concatenate(parts, axis=1)


def test_a_source_that_tells_nothing_gets_little_weight():
    data, features = two_sources(users=300, items=90, each=12)
    found = landmarks(features, liked(data))
    share = {name: np.sum((found.scale[name] * features[name].vectors.std(axis=0)) ** 2) for name in features}
    assert share["noise"] < 0.15 * share["telling"]


def test_a_missing_source_stands_at_its_centre():
    data, features = two_sources(users=200, items=60)
    found = landmarks(features, liked(data))
    gone = {name: Features(f.source, f.vectors * np.nan, f.present & False) for name, f in features.items()}
    centre = {
        n: Features(f.source, f.vectors * 0 + found.centre[n].astype(np.float32), f.present)
        for n, f in features.items()
    }
    np.testing.assert_allclose(found(gone), found(centre), atol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_little_behaviour_is_no_error(n):
    data, features = two_sources()
    few = data.only(np.arange(n))
    found = landmarks(features, liked(few))
    assert (found is None) == (n < 2)
    model = RECOMMENDERS.build({"name": "two_tower", "epochs": 1})
    if n:
        model.fit(few, features=features, run=Run(device="cpu"))


def _fitted(data, features=None, **more):
    users = more.pop("users", None)
    model = RECOMMENDERS.build({"name": "two_tower", "dim": 16, "epochs": 10, **more})
    return model.fit(data, features=features, users=users, run=Run(device="cpu", threads=1))


@pytest.mark.parametrize("content", ["kernel", "fusion"])
def test_new_items_rank_by_content(content):
    data, features = two_sources(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    allowed = np.arange(90) >= 72
    full, bare = (_fitted(warm, f, content=content) for f in (features, None))
    asked = queries(warm, range(300))
    items = full.recommend(asked, 3, allowed=allowed).items
    assert (items % 3 == np.arange(300)[:, None] % 3).mean() > 0.6
    assert np.isnan(bare.score(asked)[:, 72:]).all()


def test_attributes_speak_for_users_who_did_nothing_yet():
    data, _ = tastes(users=90)
    clubs = {"attributes": Features("attributes", np.eye(3, dtype=np.float32)[np.arange(90) % 3], np.ones(90, bool))}
    model = _fitted(data, users=clubs)
    asked = [Query(None, profile={"attributes": clubs["attributes"].vectors[u]}) for u in range(3)]
    assert (model.recommend(asked, 5).items % 3 == np.arange(3)[:, None]).mean() > 0.8
    assert np.isnan(model.score([Query(None)])).all()


def test_drawn_negatives_teach_the_same_tastes():
    data, _ = tastes(users=90)
    model = _fitted(data, full=0, negatives=15)
    asked = [Query.of([u, u + 3, u + 6]) for u in range(3)]
    assert (model.recommend(asked, 5).items % 3 == np.arange(3)[:, None]).mean() > 0.8


def test_damaged_towers_say_so():
    data, _ = tastes(users=90)
    state = dict(_fitted(data, epochs=1).state())
    with pytest.raises(SavedError, match="do not fit together"):
        Places.unpack({**state, "give": state["give"][:-1]})
    with pytest.raises(SavedError, match="damaged"):
        Places.unpack({})


def test_the_closed_form_adds_what_gradients_forgot():
    data, features = two_sources(users=300, items=90, each=12)
    _, items = tastes(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    asked = queries(warm, range(300))
    allowed = np.arange(90) >= 72

    def found(model):
        return (model.recommend(asked, 3, allowed=allowed).items % 3 == np.arange(300)[:, None] % 3).mean()

    build = {"name": "two_tower", "dim": 16, "epochs": 1}
    both, alone = (RECOMMENDERS.build({**build, "closed": weight}) for weight in (1.0, 0.0))
    for model in (both, alone):
        model.fit(warm, items=items, features=features, run=Run(device="cpu", threads=1))
    assert found(both) > max(0.8, found(alone))
    assert len(both.state()) > len(alone.state())
    scores = both.query_vectors(asked[:5]) @ both.item_vectors().T
    np.testing.assert_allclose(both.score(asked[:5]), scores, rtol=1e-5, atol=1e-5)
    with pytest.raises(SavedError, match="content says do not fit"):
        both.restore(
            {
                **both.state(),
                **{n: both.state()[n][:-1] for n in ("closed.unit", "closed.guess", "closed.fold", "closed.known")},
            }
        )


def test_the_closed_form_weighs_what_held_out_behaviour_says():
    data, items = tastes(users=90)
    train, held = hold_out(data)
    wrong = replace(items, vectors=np.random.default_rng(0).normal(size=items.vectors.shape).astype(np.float32))
    right = plain(items)
    knows = Places(right.unit, np.pad(right.unit, ((0, 0), (0, 1))), np.zeros((0, right.unit.shape[1])), People())
    nothing = replace(knows, give=knows.give * 0, items=knows.items * 0)

    def chosen(trained, items, fresh=None):
        features = {"content": Features("text", items.vectors, items.known)}
        beside = Beside(Given(items, features), Run())
        beside.choose(trained, train, held, fresh)
        return beside.weights

    assert chosen(knows, wrong).known <= 0.1
    assert chosen(nothing, items).known > 0
    assert chosen(knows, items).new == USUAL.new  # nobody is new in what was held out
    assert Beside(Given(), Run()).looking(lambda task: knows) is None


def test_new_items_have_a_weight_of_their_own():
    data, items = tastes(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    fresh = data.only(np.flatnonzero(data.interactions.item >= 72))
    features = {"content": Features("text", items.vectors, items.known)}
    unit = plain(items).unit
    warm_only = unit * (np.arange(90) < 72)[:, None]  # a network that says something wrong of new items
    warm_only[72:] = np.roll(unit[72:], 1, axis=0)
    blind = Places(unit, np.pad(warm_only, ((0, 0), (0, 1))), np.zeros((0, unit.shape[1])), People())
    beside = Beside(Given(items, features), Run())
    train, held = hold_out(warm)
    beside.choose(blind, train, held, fresh)
    assert beside.weights.new >= 2
    halves = beside.halves(blind, warm)
    asked = queries(warm, range(300))
    best = np.argmax(np.where(np.arange(90) >= 72, halves.score(asked), -np.inf), axis=1)
    assert (best % 3 == np.arange(300) % 3).mean() > 0.9


def test_new_items_that_nobody_takes_do_not_crowd_the_lists():
    data, items = tastes(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    given = Given(items, {"content": Features("text", items.vectors, items.known)})
    unit = plain(items).unit
    high = np.where(np.arange(90) < 72, 0.0, 2.0).astype(np.float32)[:, None]  # the network ranks new items first
    people = np.ones((0, unit.shape[1]), np.float32)
    eager = Places(unit, np.hstack([unit, high]), people, People())
    train, held = hold_out(warm)
    asked = queries(warm, range(300))
    for penalty in (None, 0.0):
        beside = Beside(given, Run(), penalty=penalty)
        beside.choose(eager, train, held, None)
        halves = beside.halves(eager, warm)
        crowd = (np.argmax(halves.score(asked), axis=1) >= 72).mean()
        assert crowd < 0.05 if penalty is None else crowd > 0.2, crowd
        told = beside.weights
        assert told.penalty == (0 if penalty == 0 else max(told.penalty, 0.5))
        same = halves.weighing(Weights(told.known, told.new))
        np.testing.assert_allclose(halves.items[:, :-1], same.items[:, :-1])
        assert abs(halves.items[:, -1]).max() <= 0.03  # items are as alike as before


def test_content_leaves_it_to_the_network_how_new_items_stand_beside_others():
    data, items = tastes(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    features = {"content": Features("text", items.vectors, items.known)}
    unit = plain(items).unit
    low = np.where(np.arange(90) < 72, 0.0, -5.0).astype(np.float32)[:, None]  # the network ranks new items last
    towers = Places(unit, np.hstack([unit, low]), np.zeros((0, unit.shape[1])), People())
    halves = Beside(Given(items, features), Run(), 0.3, 8.0).halves(towers, warm)
    asked = queries(warm, range(60))
    alone, both = opinions(halves.weighing(Weights(0, 0)), asked), halves.score(asked)
    for found in (alone / alone.std(axis=1, keepdims=True), both):
        assert (found[:, :72].mean(axis=1) - found[:, 72:].mean(axis=1) > 0.6).all()


def _beside(weights, silent=False):
    """A network that says something, or nothing of anybody, and content beside it; the last 18 items are new."""
    data, items = tastes(users=300, items=90, each=12)
    warm = data.only(np.flatnonzero(data.interactions.item < 72))
    unit = plain(items).unit
    give = unit * 0 if silent else unit
    towers = Places(give, np.hstack([unit, unit[:, :1]]), np.zeros((0, unit.shape[1]), np.float32), People())
    given = Given(items, {"content": Features("text", items.vectors, items.known)})
    return warm, towers, Beside(given, Run(), *weights)


def test_where_the_network_knows_nothing_content_beside_it_says_nothing():
    warm, towers, beside = _beside((0.3, 2.0, 0.0), silent=True)
    halves = beside.halves(towers, warm)
    asked = queries(warm, range(5))
    assert np.isnan(halves.score(asked)).all()
    assert not halves(asked).any()


def test_a_penalty_alone_is_heard():
    warm, towers, beside = _beside((0.0, 0.0, 3.0))
    assert beside.speaks
    assert (np.argsort(-beside.halves(towers, warm).score(queries(warm, range(60))), axis=1)[:, :10] < 72).all()
    assert not _beside((0.0, None, None))[2].speaks
    assert _beside((0.0, None, 3.0))[2].weights == Weights(0, 0, 3)  # content that is left out is so at new items too


def test_weights_are_not_tried_beyond_the_time_budget():
    warm, towers, beside = _beside((None, None, None))
    late = Beside(beside.given, replace(beside.run, seconds=1e-9))
    train, held = hold_out(warm)
    for one in (beside, late):
        one.choose(towers, train, held, None)
    assert late.weights == USUAL != beside.weights


def test_damaged_halves_say_so():
    warm, towers, beside = _beside((0.3, 2.0, 0.0))
    state = beside.halves(towers, warm).pack()
    for name, wrong in {
        "weights": np.full(3, np.nan),
        "new": np.array(True),
        "there": np.zeros(0, bool),
        "trust": np.zeros(0),
        "guess": state["closed.guess"][:5],
    }.items():
        with pytest.raises(SavedError, match="anew"):
            Halves.unpack({**state, f"closed.{name}": wrong}, towers)
    with pytest.raises(SavedError, match="unit"):
        Halves.unpack({name: found for name, found in state.items() if name != "closed.unit"}, towers)

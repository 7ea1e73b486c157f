"""Predicted actions: on a simulated shop where bait is clicked, and reported."""

import numpy as np
import pytest

from running import fitted, running, until
from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.pipeline import load
from tastemaker.serving.actions import ACTIONS, ActionValue, ActionWeights, Heads, done, read_heads, write_heads
from tastemaker.serving.ask import Ask, Scenario, Weights
from tastemaker.serving.engine import Engine
from tastemaker.serving.live import Live
from tastemaker.serving.outcome_heads import learn_actions
from tastemaker.serving.settings import ServeSettings, read_settings
from tastemaker.storage.base import Event, Shown
from tastemaker.storage.open import open_store
from tastemaker.storage.seed import seed

BAIT = {f"i{n}" for n in range(0, 24, 4)}
SCENARIOS = {"actions": Scenario(weights=Weights(behaviour=0.0, actions=1.0)), "plain": Scenario()}


def answered(seed=0, lists=600, users=60):
    """Lists of 6 random items; the first places are looked at more, bait is clicked more, and reported."""
    rng = np.random.default_rng(seed)
    shown, events = [], []
    for at in range(lists):
        user, request, time = f"u{rng.integers(users)}", f"r{at}", 1_600_000_000.0 + at * 60
        items = tuple(f"i{n}" for n in rng.permutation(24)[:6])
        shown.append(Shown(request, user, time, "v1", "", {}, items, (1.0,) * 6, (1.0,) * 6, ("model",) * 6))
        for place, item in enumerate(items):
            looked, bait = rng.random() < 1 / (1 + 0.3 * place), item in BAIT
            kinds = [
                kind
                for kind, chance in (
                    ("click", 0.6 if bait else 0.25),
                    ("like", 0.02 if bait else 0.15),
                    ("report", 0.2 if bait else 0.0),
                )
                if looked and rng.random() < chance
            ]
            events += [
                Event(user, item, kind, 1.0, time + 5 + place, f"{request}{item}{kind}", "", request) for kind in kinds
            ]
    return shown, events


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("actions")
    return fitted(folder / "shop", folder / "shop.tm", users=60)


@pytest.fixture
def shop(tmp_path, model):
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    shop = store.shop()
    seed(shop, load(model).data, Run())
    yield shop
    store.close()


@pytest.fixture
def live(model):
    return Live(load(model), "v1", 1_600_100_000.0)


@pytest.fixture
def learned(shop, live):
    shown, events = answered()
    shop.show(shown)
    shop.append(events)
    return learn_actions(shop, live)


def bait_places(engine, scenario):
    """Mean place of bait, 0 the first, over lists of everything."""
    asks = [Ask(user=f"u{n}", k=24, scenario=scenario, repeat=True) for n in range(30)]
    return np.mean([at for answer in engine.recommend(asks) for at, one in enumerate(answer.items) if one.item in BAIT])


def engine_with(shop, live, heads, **weights):
    live.values = ActionValue(heads, ActionWeights(**weights))
    return Engine(shop, live, ServeSettings(scenarios=SCENARIOS))


def test_reports_lower_what_clicks_would_raise(shop, live, learned):
    clicks = {name: 0.0 for name in ACTIONS} | {"click": 1.0}
    by_clicks = bait_places(engine_with(shop, live, learned, **clicks), "actions")
    combined = bait_places(engine_with(shop, live, learned), "actions")
    model_alone = bait_places(engine_with(shop, live, learned), "plain")
    assert by_clicks < 4
    assert combined > 18
    assert by_clicks < model_alone < combined


def test_chances_are_calibrated_on_users_that_were_not_learned_from(learned):
    assert set(learned.actions) == {"click", "like", "report"}
    for action in ("click", "report"):
        told = learned.told[action]["held out"]
        assert told["log loss"] < told["of the mean"]
        assert abs(told["predicted"] - told["done"]) < 0.04


def test_the_place_is_a_nuisance_and_chances_are_those_of_the_first(learned):
    assert learned.told["click"]["place"] < -0.2
    plain = np.zeros((2, 6))
    bait, good = learned.chances(plain, ["i0", "i1"])
    click, report = learned.actions.index("click"), learned.actions.index("report")
    assert bait[click] > good[click]
    assert bait[report] > good[report] + 0.08


def test_an_unknown_item_has_the_chances_of_a_usual_one(learned):
    chances = learned.chances(np.zeros((1, 6)), ["never shown"])
    assert ((chances > 0) & (chances < 1)).all()


def test_what_was_learned_is_kept_and_damage_is_told(shop, learned):
    assert read_heads(shop) is None
    write_heads(shop, learned, 1.0)
    again = read_heads(shop)
    plain = np.random.default_rng(0).normal(size=(4, 6))
    names = ["i0", "i1", "i2", "new"]
    np.testing.assert_allclose(again.chances(plain, names), learned.chances(plain, names), atol=1e-3)
    with pytest.raises(SavedError, match="damaged"):
        Heads.of({**learned.to_json(), "bias": [1.0]})


def test_nothing_is_learned_from_too_little(shop, live):
    assert learn_actions(shop, live) is None
    shown, events = answered(lists=5)
    shop.show(shown)
    assert learn_actions(shop, live) is None
    shop.append(events)
    assert learn_actions(shop, live) is None


def test_lists_of_unknown_items_teach_nothing(shop, live):
    shop.show([Shown("r", "u1", 1.0, "v", "", {}, ("gone",), (1.0,), (1.0,), ("model",))])
    assert learn_actions(shop, live) is None


def test_without_heads_the_part_adds_nothing(shop, live):
    engine = Engine(shop, live, ServeSettings(scenarios={"a": Scenario(weights=Weights(actions=1.0))}))
    plain, other = engine.recommend([Ask(user="u1", k=5), Ask(user="u1", k=5, scenario="a")])
    assert [one.item for one in plain.items] == [one.item for one in other.items]


@pytest.mark.parametrize(
    ("kind", "value", "actions"),
    [
        ("view", 1.0, ["click"]),
        ("view", 45.0, ["click", "dwell"]),
        ("purchase", 1.0, ["buy"]),
        ("not interested", 1.0, ["hide"]),
        ("rate", 5.0, []),
    ],
)
def test_events_are_actions(kind, value, actions):
    assert done(Event("u", "i", kind, value)) == actions


def test_one_table_of_a_file_weighs_them(tmp_path):
    file = tmp_path / "service.toml"
    file.write_text("[actions]\nreport = -100\n[serve]\nhistory = 7\n")
    settings = read_settings(file)
    assert (settings.actions.report, settings.actions.like, settings.history) == (-100, 3, 7)
    file.write_text("[actions]\nadore = 1\n")
    with pytest.raises(BadSetting, match="adore"):
        read_settings(file)
    file.write_text("actions = 3\n")
    with pytest.raises(BadSetting, match="table of settings"):
        read_settings(file)


def test_a_service_takes_what_was_learned_beside_it(model, learned):
    settings = ServeSettings(scenarios=SCENARIOS, tick=0.05)
    with running(model, settings) as (service, client):

        def top():
            asked = {"user": "", "items": ["i1"], "k": 24, "scenario": "actions"}
            return [one["item"] for one in client.post("/v1/recommend", json=asked).json()["items"]]

        before = top()
        write_heads(service.shop(), learned, 1.0)
        until(lambda: top() != before)
        assert not BAIT & set(top()[:8])
        service.shop().note("actions", {"actions": 3})
        service.shop().note("actions as of", 2.0)  # damaged: the service goes on without
        until(lambda: top() == before)

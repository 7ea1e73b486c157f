"""What another policy would have brought: on lists of a policy whose truth is known."""

import numpy as np
import pytest

from shop import call, call_json
from tastemaker.actions.life import Place
from tastemaker.core import DataError
from tastemaker.serving.logs import events_since, lists_since
from tastemaker.serving.offline import greedy, worth
from tastemaker.storage.base import Event, Shown
from tastemaker.storage.open import open_store

EPSILON, POOL = 0.4, 10
GOOD, BAD = 0.5, 0.1  # chance of a click on the best item of a place, and on one of the pool


def fill(shop, n=3000):
    """Lists of two places of which the second explores; users click the best items more."""
    rng = np.random.default_rng(0)
    shown, events = [], []
    for at in range(n):
        explored = rng.random() < EPSILON
        second = f"p{rng.integers(POOL)}" if explored else "b1"
        chances = (1.0, EPSILON / POOL if explored else 1 - EPSILON)
        shown.append(
            Shown(
                f"r{at}", f"u{at % 500}", 1e9 + at // 7, "v1", "", {}, ("b0", second), (2, 1), chances, ("model",) * 2
            )
        )
        for item in ("b0", second):
            if rng.random() < (GOOD if item[0] == "b" else BAD):
                events.append(Event(f"u{at % 500}", item, "click", time=1e9 + at, id=f"{at} {item}", request=f"r{at}"))
    shop.show(shown)
    shop.append(events)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "s.service")
    with place.open() as (shop, _):
        fill(shop)
    return place


def test_every_estimate_holds_the_value_of_the_policy_without_exploration(place):
    with place.open() as (shop, _):
        found = worth(shop)
    truth = 2 * GOOD
    assert found.lists == 3000
    assert abs(found.logged - (GOOD + (1 - EPSILON) * GOOD + EPSILON * BAD)) < 0.03
    for value in found.target:
        assert value.low < truth < value.high
        assert abs(value.weight - 1) < 0.05
    by_name = {value.name: value.high - value.low for value in found.target}
    assert by_name["dr"] <= by_name["ips"]


def test_the_command_says_it(place, capsys):
    assert "lists effective" in call(capsys, "judge", "--home", place.home)[1]
    found = call_json(capsys, "judge", "--home", place.home, "--kinds", "purchase")
    assert found["logged"] == 0
    code, _, err = call(capsys, "judge", "--home", place.home, "--tenant", "other")
    assert (code, err[:6]) == (2, "error:")


def test_what_is_certain_stays_certain():
    one = Shown("r", "u", 0.0, "v", "", {}, ("a", "b", "c"), (3, 2, 1), (1.0, 0.9, 0.01), ("model",) * 3)
    assert greedy(one) == [1.0, 1.0, 0.0]


def test_pages_are_put_together(tmp_path, monkeypatch):
    monkeypatch.setattr("tastemaker.serving.logs.PAGE", 5)
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    shop = store.shop()
    fill(shop, 40)
    assert [one.request for one in lists_since(shop)] == [f"r{n}" for n in range(40)]
    assert [one.request for one in lists_since(shop, 1e9 + 3)] == [f"r{n}" for n in range(21, 40)]
    assert {event.time >= 1e9 + 20 for event in events_since(shop, 1e9 + 20)} == {True}
    assert len(events_since(shop)) == shop.last_event()
    store.close()


def test_lists_without_exploration_judge_nothing(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    with pytest.raises(DataError, match="exploration"):
        worth(store.shop())
    store.close()

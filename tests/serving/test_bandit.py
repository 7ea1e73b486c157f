"""What is tried in lists: chosen with a known chance, learned from answers, kept in one size."""

import time
from collections import Counter

import numpy as np
import pytest

from running import fitted, running, until
from tastemaker.core import BadSetting
from tastemaker.serving.ask import Ask, Scenario
from tastemaker.serving.bandit import NOTE, Bandit, BanditSettings
from tastemaker.serving.engine import Engine
from tastemaker.serving.settings import ServeSettings, read_settings
from tastemaker.storage.base import Event, User

BANDIT = BanditSettings(by="category", wait=0.0, temperature=0.05)
TRYING = Scenario(explore=0.5, explore_by="linucb")
SETTINGS = ServeSettings(tick=0.05, bandit=BANDIT, scenarios={"default": TRYING})
MANY = 4000


@pytest.fixture
def trying(service, keeper):
    return Engine(service.shop(), keeper.engine.live, SETTINGS)


def tried(answer):
    """Items that explored: those that were less likely than not."""
    return [listed.item for listed in answer.items if listed.propensity < 0.5]


def category(shop, item):
    return "big" in shop.item(item).attributes["category"]


def test_how_often_an_item_stands_at_a_place_is_its_propensity(trying):
    asks = [Ask(user="u1", k=5, request=f"r{n}") for n in range(MANY)]
    seen, said = Counter(), {}
    for answer in trying.recommend(asks):
        last = answer.items[4]
        seen[last.item] += 1
        assert said.setdefault(last.item, last.propensity) == last.propensity
    assert len(seen) > 5
    assert sum(said.values()) == pytest.approx(1)
    for item, chance in said.items():
        assert abs(seen[item] / MANY - chance) <= 5 * np.sqrt(chance * (1 - chance) / MANY) + 1e-9


def test_equal_requests_give_equal_lists_and_none_holds_an_item_twice(trying):
    for k in (1, 4, 5, 12, 20):
        one, two = trying.recommend([Ask(user="u1", k=k, request="r")] * 2)
        assert one == two
        assert len({listed.item for listed in one.items}) == len(one.items)


def test_what_is_chosen_is_tried_and_what_is_refused_is_not(trying):
    shop, counts = trying.shop, Counter()
    for at in range(150):
        answer = trying.recommend([Ask(user=f"u{at % 30}", k=10, request=f"l{at}")])[0]
        shop.append(
            [  # somebody else's: histories stay as they are
                Event("any", item, "click" if category(shop, item) else "hide", 1.0, 1.0, "", "", f"l{at}")
                for item in (answer.items[4].item, answer.items[9].item)
            ]
        )
        trying.bandit.learn(0)
        if at >= 50:
            counts.update(category(shop, item) for item in tried(answer))
    assert counts[True] > 3 * counts[False]


def test_places_that_were_not_answered_count_as_nothing_and_a_refusal_counts_most(trying):
    shop, bandit = trying.shop, trying.bandit
    bandit.learn(shop.last_event())
    answer = trying.recommend([Ask(user="u1", k=5, request="r")])[0]
    item = answer.items[4].item
    others = [
        Event("u1", item, "like", 1.0, 1.0, "", "", "elsewhere"),
        Event("u1", "i0", "like", 1.0, 1.0, "", "", "r"),
    ]
    shop.append([*others, *[Event("u1", item, kind, 1.0, 1.0, "", "", "r") for kind in ("like", "hide", "like")]])
    bandit.learn(shop.last_event())
    assert bandit.sums.places == pytest.approx(1)
    assert bandit.sums.rewards[0] == pytest.approx(-1)  # the constant's


def test_a_list_counts_when_it_has_waited_and_not_before(service, keeper):
    engine = Engine(service.shop(), keeper.engine.live, ServeSettings(bandit=BanditSettings(wait=0.2)))
    engine.recommend([Ask(user="u1", k=10, explore=0.1, explore_by="linucb")])
    engine.bandit.learn(0)
    assert engine.bandit.sums.places == 0
    time.sleep(0.25)
    engine.bandit.learn(0)
    assert engine.bandit.sums.places == pytest.approx(2)


def test_processes_learn_from_each_other_and_the_note_stays_of_one_size(service, keeper, monkeypatch):
    monkeypatch.setattr("tastemaker.serving.bandit.EVERY", 0.0)
    one, two = (Engine(service.shop(), keeper.engine.live, SETTINGS) for _ in "ab")
    sizes = set()
    for at in range(6):
        for engine in (one, two):
            engine.recommend([Ask(user=f"u{at}", k=5)])
            engine.bandit.learn(0)
        sizes.add(len(service.shop().note(NOTE)[4]))
    one.bandit.learn(0)
    assert sizes == {one.bandit.dim**2}
    assert one.bandit.sums.places == pytest.approx(two.bandit.sums.places) == pytest.approx(12, rel=0.01)
    assert Bandit(service.shop(), BANDIT).sums.places == pytest.approx(12, rel=0.01)


def test_what_was_learned_fades(service, keeper, monkeypatch):
    engine = Engine(service.shop(), keeper.engine.live, SETTINGS)
    engine.recommend([Ask(user="u1", k=5)])
    engine.bandit.learn(0)
    later = time.time() + 30 * 86_400
    monkeypatch.setattr("tastemaker.serving.bandit.time.time", lambda: later)
    assert Bandit(service.shop(), BANDIT).sums.places == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("kept", [["brand", 0.0, 1.0, [], []], ["category", 0.0, 1.0, [1], [1]], {"a": 1}, "x"])
def test_what_was_learned_under_other_settings_begins_anew(service, kept):
    service.shop().note(NOTE, kept)
    assert Bandit(service.shop(), BANDIT).sums.places == 0


def test_nothing_is_learned_from_those_who_object_or_are_erased(trying, service):
    service.shop().put_users([User("u2", profiling=False)])
    trying.recommend([Ask(user="u2", items=["i0"], k=5)])
    trying.recommend([Ask(user="u3", k=5)])
    trying.bandit.forget("u3")
    trying.bandit.learn(0)
    assert trying.bandit.sums.places == 0


def test_more_lists_than_can_wait_are_not_learned_from(trying, monkeypatch):
    monkeypatch.setattr("tastemaker.serving.bandit.WAITING", 3)
    trying.recommend([Ask(user="u1", k=5) for _ in range(10)])
    trying.bandit.learn(0)
    assert trying.bandit.sums.places == pytest.approx(3)


def test_without_an_attribute_contexts_have_no_groups(service, keeper):
    bandit = Bandit(service.shop(), BanditSettings())
    live = keeper.engine.live
    asking = keeper.engine.asking(live, Ask(user="u1"), 0.0)
    rows, scores = np.arange(5, dtype=np.int32), np.arange(5.0)
    assert bandit.contexts(live, asking, rows, scores).shape == (5, 7)
    by = {name: Bandit(service.shop(), BanditSettings(by=name)) for name in ("category", "title", "nothing")}
    groups = {name: one.contexts(live, asking, rows, scores)[:, 7:].sum(axis=1).tolist() for name, one in by.items()}
    assert groups == {"category": [1] * 5, "title": [1] * 5, "nothing": [0] * 5}


def test_settings_are_read_and_checked(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text(
        '[serve.bandit]\nby = "category"\n[serve.scenarios.default]\nexplore = 0.1\nexplore_by = "linucb"\n'
    )
    assert read_settings(file).bandit.by == "category"
    file.write_text("[serve.bandit]\nwait = -1\n")
    with pytest.raises(BadSetting, match=r"bandit.wait"):
        read_settings(file)


def play(client, lists):
    """Lists over HTTP of which big things are clicked; those, and the lists' names."""
    big = {item["id"] for item in items(client) if "big" in item["attributes"]["category"]}
    requests = []
    for at in range(lists):
        answer = client.post("/v1/recommend", json={"user": f"u{at % 30}", "k": 10}).json()
        requests.append(answer["request"])
        told = {"user": f"u{at % 30}", "kind": "click", "request": answer["request"]}
        events = [{**told, "item": one["item"]} for one in answer["items"] if one["item"] in big]
        if events:
            client.post("/v1/events", json=events).raise_for_status()
    return big, requests


def items(client):
    return client.get("/v1/items?limit=100").json()["items"]


def test_over_http_a_service_learns_what_to_try_writes_chances_down_and_remembers(tmp_path):
    """Half of the items are chosen whenever they are listed: after some lists they are what is tried."""
    settings = ServeSettings(tick=0.05, history=1, bandit=BANDIT, scenarios={"default": TRYING})
    model = fitted(tmp_path / "shop", tmp_path / "shop.tm", items=60)
    with running(model, settings) as (service, client):
        big, requests = play(client, 200)
        kept = {}
        until(lambda: len(kept.update({s.request: s for s in service.shop().shown()}) or kept) == 200)
        late = [kept[request] for request in requests[100:]]
        found = Counter(
            item in big
            for one in late
            for item, chance in zip(one.items, one.propensities, strict=True)
            if chance < 0.5
        )
        assert found[True] > 2.5 * found[False]
        until(lambda: not service.keeper().engine.bandit.waiting)
        places = service.keeper().engine.bandit.sums.places
        assert places > 200
        assert all(0 < chance <= 1 for one in kept.values() for chance in one.propensities)
        assert client.get("/v1/admin/off-policy?kinds=click").json()["lists"] == 200
        refused = client.post("/v1/recommend", json={"user": "u1", "explore_by": "luck"})
        assert refused.status_code == 422
    with running(model, settings) as (service, _):
        assert service.keeper().engine.bandit.sums.places == pytest.approx(places, rel=0.01)


def test_events_from_before_it_began_are_not_read(service, keeper, monkeypatch):
    shop, read = service.shop(), []
    shop.append([Event("u1", "i1", "like", time=1.0) for _ in range(20)])
    bandit = Bandit(shop, BANDIT)
    trying = Engine(shop, keeper.engine.live, SETTINGS)
    trying.bandit = bandit
    trying.recommend([Ask(user="u1", k=5, request="first")])
    plain = type(shop).events
    monkeypatch.setattr(type(shop), "events", lambda *of, **more: read.append(plain(*of, **more)) or read[-1])
    bandit.learn(shop.last_event())
    assert sum(map(len, read)) == 0

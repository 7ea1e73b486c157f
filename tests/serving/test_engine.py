"""Lists: what stands in them, and what they fall back on."""

import time
from collections import Counter

import pytest

from tastemaker.core import BadSetting, DataError
from tastemaker.serving.ask import Answer, Ask, Did, Scenario, Weights
from tastemaker.serving.engine import Engine, shown
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Event, Item, User


def one(engine, **ask):
    (found,) = engine.recommend([Ask(**ask)])
    assert isinstance(found, Answer), found
    return found


def ids(answer):
    return [listed.item for listed in answer.items]


def had(engine, user):
    return {event.item for event in engine.shop.history(user)}


def topic(item):
    return int(item[1:]) % 3


def test_a_list_is_of_the_users_topic_and_holds_nothing_he_has_had(engine):
    found = one(engine, user="u1", k=5)
    assert len(found.items) == 5
    assert not set(ids(found)) & had(engine, "u1")
    assert [topic(i) for i in ids(found)].count(1) >= 3
    assert {listed.source for listed in found.items} == {"model"}
    assert found.model == "v0001"
    assert not found.degraded


def test_scores_fall_and_two_batches_give_the_same_list(engine):
    first, again = one(engine, user="u2", k=8), one(engine, user="u2", k=8)
    scores = [listed.score for listed in first.items]
    assert scores == sorted(scores, reverse=True)
    assert ids(first) == ids(again)
    assert first.request != again.request


def test_many_requests_at_once_give_what_each_alone_gives(engine):
    asks = [Ask(user=f"u{n}", k=6) for n in range(12)] + [Ask(user="u1", filter="price < 12", k=6)]
    together = [ids(found) for found in engine.recommend(asks)]
    assert together == [ids(engine.recommend([ask])[0]) for ask in asks]


def test_an_event_is_in_the_very_next_list(engine):
    before = ids(one(engine, user="new", k=4))
    engine.shop.append([Event("new", before[0], "like", time=time.time())])
    after = one(engine, user="new", k=4)
    assert before[0] not in ids(after)
    assert after.items[0].source == "model"


def test_a_stranger_gets_what_is_asked_for(engine):
    found = one(engine, k=3, explain=True)
    assert [listed.source for listed in found.items] == ["trending"] * 3 or found.items[0].source == "popular"
    assert all(listed.reason for listed in found.items)


def test_a_session_and_examples_count_like_a_history(engine):
    of_session = one(engine, events=[Did(item="i0", kind="like"), Did(item="i3", kind="like")], k=4)
    of_examples = one(engine, items=["i0", "i3"], k=4)
    assert not {"i0", "i3"} & {*ids(of_session), *ids(of_examples)}
    assert topic(ids(of_session)[0]) == topic(ids(of_examples)[0]) == 0


def test_rules_act_inside_the_search(engine):
    found = one(engine, user="u1", k=5, filter='price < 12 and "big" in category')
    prices = [engine.shop.item(i).attributes["price"] for i in ids(found)]
    assert prices
    assert max(prices) < 12
    assert all("big" in engine.shop.item(i).attributes["category"] for i in ids(found))


def test_a_boost_of_zero_takes_away_and_a_large_one_lifts(engine):
    plain = ids(one(engine, user="u1", k=5))
    without = ids(one(engine, user="u1", k=5, boost=f'0 if id == "{plain[0]}" else 1'))
    assert plain[0] not in without
    nothing = one(engine, user="u1", k=5, boost=f'1 if id == "{plain[0]}" else 0')
    assert ids(nothing) == plain[:1]
    lifted = ids(one(engine, user="u1", k=5, boost=f'100000 if id == "{plain[3]}" else 1'))
    assert lifted[0] == plain[3]


def test_caps_hold(engine):
    found = one(engine, user="u1", k=6, caps={"category": 2})
    counts = Counter(
        value
        for item in ids(found)
        for value in str(engine.shop.item(item).attributes["category"]).replace("|", ", ").split(", ")
    )
    assert len([listed for listed in found.items if listed.source == "model"]) <= 4
    assert counts
    assert max(counts.values()) <= 2, "what fills the list is under the caps too"


def test_diversity_changes_the_order_but_not_the_first(engine):
    plain, diverse = one(engine, user="u1", k=6), one(engine, user="u1", k=6, diversity=0.8)
    assert ids(plain)[0] == ids(diverse)[0]
    assert ids(plain) != ids(diverse)


def test_exploration_tells_its_propensities(engine):
    found = one(engine, user="u1", k=5, explore=0.5, request="abc")
    again = one(engine, user="u1", k=5, explore=0.5, request="abc")
    assert ids(found) == ids(again)
    assert [listed.propensity for listed in found.items[:4]] == [1.0] * 4
    assert found.items[4].propensity < 1


def test_disliked_items_and_those_like_them_fall(engine):
    target = ids(one(engine, user="u1", k=3))[0]
    texts = engine.live.space.joint
    row = engine.live.row(target)
    near = engine.live.ids[int((texts @ texts[row]).argsort()[-2])]
    engine.shop.append([Event("u1", near, "report", time=time.time())])
    after = one(engine, user="u1", k=24)
    assert near not in ids(after)


def test_weights_of_content_count_at_query_time(engine):
    plain = ids(one(engine, user="u1", k=6))
    by_text = ids(one(engine, user="u1", k=6, weights=Weights(behaviour=0, text=1)))
    assert plain != by_text
    trending = ids(one(engine, user="u1", k=6, weights=Weights(behaviour=0, trend=1, recency=1)))
    assert trending != by_text


def test_several_sources_are_scored_together(saved, keeper):
    settings = ServeSettings(scenarios={"default": Scenario(sources=["similar", "popular", "fresh"])})
    engine = Engine(keeper.engine.shop, keeper.engine.live, settings)
    found = one(engine, user="u1", k=12)
    assert len(found.items) == 12
    assert {listed.source for listed in found.items} >= {"similar", "popular"}


def test_hidden_expired_and_sold_out_items_are_in_no_list(engine, keeper):
    listed = ids(one(engine, user="u1", k=24))
    shop = engine.shop
    shop.put_items(
        [
            Item(listed[0], hidden=True),
            Item(listed[1], expires=time.time() - 1),
            Item(listed[2], stock=0),
            Item(listed[3], stock=2),
        ]
    )
    shop.delete_item(listed[4])
    keeper.catch_up()
    after = ids(one(engine, user="u1", k=24))
    assert not {*listed[:3], listed[4]} & set(after)
    assert listed[3] in after


def test_who_is_not_to_be_profiled_gets_what_anybody_gets(engine):
    engine.shop.put_users([User("u1", profiling=False)])
    found = one(engine, user="u1", k=5)
    assert {listed.source for listed in found.items} & {"trending", "popular"}
    assert not set(ids(found)) & had(engine, "u1")


def test_a_failing_model_degrades_and_still_answers(engine, monkeypatch):
    def broken(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(engine.live.scorer, "ask", broken)
    found = one(engine, user="u1", k=5)
    assert found.degraded == "model: RuntimeError"
    assert len(found.items) == 5
    assert {listed.source for listed in found.items} <= {"similar", "trending", "popular", "fresh"}


def test_wrong_requests_harm_no_other(engine):
    good, rule, scenario = engine.recommend(
        [Ask(user="u1"), Ask(user="u1", filter="pric < 3"), Ask(user="u1", scenario="basket")]
    )
    assert isinstance(good, Answer)
    assert isinstance(rule, BadSetting)
    assert isinstance(scenario, DataError)


def test_a_list_is_kept_as_it_was_given(engine, keeper):
    ask = Ask(user="u1", k=3)
    (found,) = engine.recommend([ask])
    keeper.keep([shown(ask, found, time.time())])
    keeper.close()
    (kept,) = engine.shop.shown()
    assert kept.request == found.request
    assert list(kept.items) == ids(found)


def test_items_that_were_just_told_of_and_not_placed_yet_harm_no_list(service):
    """Rows that no vector stands for: in every source, under every weight, beside something disliked."""
    engine = service.keeper().engine
    shop = engine.shop
    shop.append([Event("u1", "i4", "dislike", time=time.time()), Event("u1", "unheard of", "like", time=time.time())])
    engine.live.take([*(Item(f"bare {n}") for n in range(9)), *shop.changed_items(0)])
    engine.live.count([Event("u2", f"bare {n}", "like", time=time.time()).deed for n in range(9)])
    weights = Weights(text=1.0, recency=1.0, trend=1.0)
    for source in ("model", "similar", "trending", "popular", "fresh"):
        settings = ServeSettings(scenarios={"default": Scenario(sources=(source,))})
        other = Engine(shop, engine.live, settings)
        found = one(other, user="u1", k=30, weights=weights, diversity=0.5, explain=True)
        assert not found.degraded
        assert "bare 3" in ids(found)


def test_a_request_that_cannot_be_answered_spoils_no_other(engine):
    good, bad = engine.recommend([Ask(user="u1", k=5), Ask(user="u2", k=5, caps={"nope": 1})])
    assert isinstance(good, Answer)
    assert isinstance(bad, BadSetting)


def test_what_nobody_foresaw_spoils_no_other(engine, monkeypatch):
    whole = engine._turn
    monkeypatch.setattr(engine, "_turn", lambda serving, ask, *rest: 1 / (ask.k - 1) and whole(serving, ask, *rest))
    good, bad = engine.recommend([Ask(user="u1", k=5), Ask(user="u2", k=1)])
    assert isinstance(good, Answer)
    assert isinstance(bad, ZeroDivisionError)


def test_diverse_lists_are_explored_too(engine):
    found = one(engine, user="u1", k=10, diversity=0.3, explore=0.5)
    assert min(listed.propensity for listed in found.items) < 1


def test_an_id_of_a_list_that_no_data_base_takes_is_refused():
    with pytest.raises(ValueError, match="request"):
        Ask(user="u1", request="a\0")

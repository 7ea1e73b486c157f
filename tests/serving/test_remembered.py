"""Who asked lately is not read again, and what he did since is in his next list all the same."""

import time

import numpy as np
import pytest

import tastemaker as tm
from tastemaker.models.als import ALS
from tastemaker.pipeline import load
from tastemaker.serving import remembered as module
from tastemaker.serving.ask import Ask, Did
from tastemaker.serving.histories import LATER
from tastemaker.serving.remembered import Remembered
from tastemaker.serving.scoring import VECTOR, Indexed
from tastemaker.storage.base import Event, Shown, User


def asking(engine, user="u1", **more):
    return engine.asking(engine.live, Ask(user=user, **more), time.time(), engine.shop.user(user))


def test_one_who_did_nothing_since_is_not_read_again(engine):
    first = asking(engine)
    assert asking(engine) is first
    assert len(engine.live.remembered) == 1


@pytest.mark.parametrize("kind", ["like", "dislike", "view"])
def test_an_event_is_in_the_next_list(engine, kind):
    before = asking(engine)
    new = next(name for name in engine.live.ids if engine.live.row(name) not in before.seen)
    engine.shop.append([Event("u1", new, kind, time=time.time())])
    assert engine.live.row(new) in asking(engine).seen
    engine.shop.delete_events("u1", new)
    assert engine.live.row(new) not in asking(engine).seen


def test_the_mark_is_the_same_where_the_events_are_and_nowhere_else(engine):
    shop, seen = engine.shop, []

    def mark():
        seen.append((shop.mark("new", 5), tuple(shop.deeds("new", 5))))

    shop.put_users([User("new")])
    mark()
    for n in range(4):
        shop.append([Event("new", f"i{n}", "like", time=1000.0 - n)])
        mark()
    shop.delete_events("new", "i3")
    mark()
    shop.append([Event("new", "i3", "like", time=1.0)])
    mark()
    marks, deeds = zip(*seen, strict=True)
    assert len(set(seen)) == len(set(marks)) == len(set(deeds)) == 6  # without the last one it is as before it came
    shop.append([Event("new", "i9", "like")])
    assert shop.mark("new", 5) is None


def test_what_a_request_tells_counts_for_it_alone(engine):
    own = asking(engine)
    told = asking(engine, events=[Did(item="i3", kind="like")], items=["i4"])
    assert len(told.seen) >= len(own.seen)
    assert {engine.live.row("i3"), engine.live.row("i4")} <= set(told.seen.tolist())
    assert asking(engine) is own


def test_events_whose_meaning_may_change_are_read_each_time(engine):
    engine.shop.append([Event("u1", "unheard of", "like", time=time.time())])
    assert asking(engine) is not asking(engine)
    engine.shop.append([Event("u2", "i3", "like", time=time.time() + 100, session=LATER)])
    assert asking(engine, "u2") is not asking(engine, "u2")


def test_profiling_and_erasure_are_heard_at_once(engine):
    asking(engine)
    engine.shop.put_users([User("u1", profiling=False)])
    assert asking(engine).query.user is None
    engine.live.remembered.forget("u1")
    assert len(engine.live.remembered) == 0


def test_whoever_is_erased_through_the_service_is_let_go_with_how_he_was_read(service):
    engine = service.keeper().engine
    asking(engine)
    service.forget("default", "u1")
    assert len(engine.live.remembered) == 0


def test_a_list_that_was_answered_while_its_user_was_erased_is_not_kept(service):
    keeper, shop = service.keeper(), service.shop()
    given = enumerate([("u1", time.time()), ("u2", time.time()), ("u1", time.time() + 60)])
    made = [Shown(f"r{n}", user, at, "m", "", {}, ("i1",), (1.0,), (1.0,), ("model",)) for n, (user, at) in given]
    service.forget("default", "u1")
    keeper.keep(made)
    keeper._flush()
    assert [one.user for one in shop.shown() if one.request in {"r0", "r1", "r2"}] == ["u2", "u1"]  # who came back


def test_all_are_let_go_after_a_while_and_the_first_where_there_are_many(monkeypatch, engine):
    monkeypatch.setattr(module, "MOST", 2)
    now = [0.0]
    known, one = Remembered(lambda: now[0]), asking(engine)
    for name in "abc":
        known.put(name, (1,), one)
    assert known.get("a", (1,)) is None
    assert known.get("c", (1,)) is one
    assert known.get("c", (2,)) is None
    now[0] = module.LONGEST + 1
    known.expire()
    assert len(known) == 0
    monkeypatch.setattr(module, "EVENTS", 2 * len(one.seen))
    monkeypatch.setattr(module, "MOST", 100)
    for name in "abcb":
        known.put(name, (1,), one)
    assert len(known) == 2
    assert known.get("c", (1,)) is known.get("b", (1,)) is one


def test_a_remembered_vector_gives_the_same_list(saved):
    data = load(saved).data
    made = tm.Pipeline(model=ALS(factors=8)).fit(data)
    queries, allowed = made.queries([f"u{n}" for n in range(6)]), np.ones(24, bool)
    scorer = Indexed(made.model, "exact", ())
    memos = [{} for _ in queries]
    first = scorer.ask(queries, 5, [allowed] * 6, memos)
    del memos[2][VECTOR]
    again = scorer.ask(queries, 5, [allowed] * 6, memos)
    assert np.array_equal(first.rows, again.rows)
    assert np.allclose(first.scores, again.scores, atol=1e-5)

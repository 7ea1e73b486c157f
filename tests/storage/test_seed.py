"""A data set into a store, and out again."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, tastes
from tastemaker.core import Run
from tastemaker.data import Column, Interactions
from tastemaker.data.frames import from_frames
from tastemaker.data.settings import DataSettings
from tastemaker.storage import seed as module
from tastemaker.storage.base import Item
from tastemaker.storage.seed import seed


def rows(data):
    log = data.interactions
    users, items = [data.users.ids[u] for u in log.user], [data.items.ids[i] for i in log.item]
    return list(zip(users, items, log.value.tolist(), log.time.tolist(), log.sign.tolist(), strict=True))


@pytest.fixture
def shop(store):
    return store.shop("one")


def test_what_goes_in_comes_out(shop):
    data = tastes(attributes=True)[0]
    clock = replace(data.interactions, time=data.interactions.time + 1_600_000_000)
    data = replace(data, interactions=clock, titles=tuple(f"Title {i}" for i in range(30)))
    assert seed(shop, data) == len(data.interactions)
    again = shop.snapshot()
    assert rows(again) == rows(data)
    assert dict(zip(again.items.ids, again.titles, strict=True)) == dict(zip(data.items.ids, data.titles, strict=True))
    club = again.user_attributes["club"].values
    assert {u: club[k] for k, u in enumerate(again.users.ids)} == {
        u: data.user_attributes["club"].values[k] for k, u in enumerate(data.users.ids)
    }


def test_a_second_call_adds_nothing_and_changes_nothing(shop):
    data = dataset()
    seed(shop, data)
    shop.put_items([Item("i0", "By the shop")])
    said = []
    assert seed(shop, data, Run(say=said.append)) == 0
    assert "0 new events" in said[-1]
    assert shop.item("i0").title == "By the shop"
    assert len(shop.events(limit=10_000)) == len(data.interactions)


def test_an_interrupted_call_is_gone_on_with(shop, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 30)
    data = dataset()

    class Stopped(Exception):
        pass

    class Stopping(Run):
        def progress(self, work, what, total=None):
            for n, part in enumerate(work):
                if what == "events" and n == 3:
                    raise Stopped
                yield part

    with pytest.raises(Stopped):
        seed(shop, data, Stopping())
    assert len(shop.events(limit=10_000)) == 90
    assert seed(shop, data) == len(data.interactions) - 90
    assert rows(shop.snapshot()) == rows(data)


def test_equal_rows_are_all_kept(shop):
    log = Interactions.of([0, 0, 0, 0], [1, 1, 2, 1], time=[1_700_000_000] * 4)
    data = replace(dataset(), interactions=log)
    assert seed(shop, data) == 4
    assert seed(shop, data) == 0
    assert [event.item for event in shop.history("u0")] == ["i1", "i1", "i2", "i1"]


def test_ratings_keep_their_values_and_signs(shop):
    frame = {"user_id": list("aabb"), "item_id": list("wxyz"), "rating": [1.0, 4.0, 3.0, 5.0]}
    data = from_frames(frame, settings=DataSettings(positive_from=4.0)).data
    seed(shop, data)
    again = shop.snapshot()
    assert again.explicit
    assert rows(again) == rows(data)
    assert again.clock == "none"


def test_events_comments_and_visits_are_kept(shop):
    frame = {
        "user_id": list("aabb"),
        "item_id": list("wxyz"),
        "event": ["purchase", "hide", "view", "purchase"],
        "timestamp": [1_700_000_000 + k for k in range(4)],
        "session_id": ["s", "s", "t", None],
        "comment": ["nice", None, None, "bad"],
    }
    data = from_frames(frame).data
    seed(shop, data)
    again = shop.snapshot()
    assert rows(again) == rows(data)
    assert (again.events, again.comments.tolist()) == (data.events, data.comments.tolist())
    assert again.interactions.session.tolist() == data.interactions.session.tolist()


def test_signs_without_events_become_events(shop):
    data = dataset(n=3)
    sign = np.array([1, 0, -1], np.int8)
    seed(shop, replace(data, interactions=replace(data.interactions, sign=sign)))
    again = shop.snapshot()
    assert again.interactions.sign.tolist() == [1, 0, -1]
    assert again.events == ("", "dislike", "neutral")


def test_content_and_attributes_of_items_are_kept(store, tmp_path):
    shop = store.shop("one", media=tmp_path / "media")
    root = tmp_path / "data"
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.jpg").write_bytes(b"picture")
    tags = np.array(["p|q", "", "r"], object)
    data = replace(
        dataset(items=3, n=30),
        titles=("One", "", "Three"),
        content={
            "text": [("One", "first"), ("only text",), ("Three",)],
            "image": [(root / "a" / "x.jpg",), (root / "gone.jpg",), ()],
        },
        item_attributes={"tags": Column("category", tags), "price": Column("number", np.array([1.0, np.nan, 3.0]))},
        root=root,
    )
    seed(shop, data)
    assert shop.item("i0") == replace(
        shop.item("i0"),
        title="One",
        texts=("first",),
        media={"image": ("a/x.jpg",)},
        attributes={"tags": ["p", "q"], "price": 1.0},
    )
    assert (shop.item("i1").title, shop.item("i1").texts, shop.item("i1").media) == ("", ("only text",), {})
    assert (tmp_path / "media" / "a" / "x.jpg").read_bytes() == b"picture"
    again = shop.snapshot()
    assert again.content["text"] == [("One", "first"), ("only text",), ("Three",)]
    assert again.content["image"] == [(tmp_path / "media" / "a" / "x.jpg",), (), ()]

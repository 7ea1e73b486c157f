"""A snapshot is what reading a data folder with the same tables would give."""

import numpy as np
import pytest

from stores import NOW, events
from tastemaker.core.errors import DataError
from tastemaker.data.read import read
from tastemaker.data.settings import DataSettings
from tastemaker.storage.base import Event, Item, User


@pytest.fixture
def shop(store, tmp_path):
    return store.shop("one", media=tmp_path / "media")


def log_of(data):
    log = data.interactions
    names = [data.users.ids[u] for u in log.user], [data.items.ids[i] for i in log.item]
    events_ = [data.events[kind] for kind in log.kind]
    rows = [*names, events_, log.value.tolist(), log.time.tolist(), log.sign.tolist()]
    return list(zip(*rows, strict=True))


def test_it_equals_a_folder_with_the_same_tables(shop, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "interactions.csv").write_text(
        "user_id,item_id,event,timestamp,session_id,comment\n"
        "ann,mug,Clicked,1750000005,s1,\nbob,cup,purchase,1750000003,s2,Good cup\nann,cup,hide,1750000009,s1,\n"
        "ann,mug,view,1750000020,s3,\n"
    )
    (folder / "items.csv").write_text(
        'item_id,title,text,image,price,tags\ncup,Cup,"A cup",a/cup.jpg,3.5,x|y\nmug,Mug,"A mug Big",,7,y\n'
    )
    (folder / "users.csv").write_text("user_id,age\nann,40\nbob,\n")
    shop.put_items(
        [
            Item("mug", "Mug", ("A mug", "Big"), attributes={"price": 7.0, "tags": ["y"]}),
            Item("cup", "Cup", ("A cup",), {"image": ("a/cup.jpg",)}, {"price": 3.5, "tags": ["x", "y"]}),
        ]
    )
    shop.put_users([User("bob"), User("ann", {"age": 40.0})])
    shop.append(
        [
            Event("ann", "mug", "Clicked", time=NOW + 5, session="s1"),
            Event("bob", "cup", "purchase", time=NOW + 3, session="s2", comment="Good cup"),
            Event("ann", "cup", "hide", time=NOW + 9, session="s1"),
            Event("ann", "mug", "view", time=NOW + 20, session="s3"),
        ]
    )
    data, wanted = shop.snapshot(), read(folder).data
    assert (data.users, data.items, data.titles) == (wanted.users, wanted.items, wanted.titles)
    assert log_of(data) == log_of(wanted)
    assert data.interactions.session.tolist() == wanted.interactions.session.tolist()
    assert data.comments.tolist() == wanted.comments.tolist()
    assert data.content["text"] == wanted.content["text"]
    assert (data.events, data.clock, data.explicit) == (wanted.events, "time", False)
    for table in ("item_attributes", "user_attributes"):
        mine, theirs = getattr(data, table), getattr(wanted, table)
        assert {n: c.kind for n, c in mine.items()} == {n: c.kind for n, c in theirs.items()}
        assert all(mine[n].values.tolist() == theirs[n].values.tolist() for n in ("price", "tags") if n in mine)
    assert data.content["image"] == [(tmp_path / "media" / "a" / "cup.jpg",), ()]
    assert (data.root, data.name) == (tmp_path / "media", "one")


def test_events_are_in_order_of_time_then_arrival(shop):
    shop.append([Event("ann", item, time=NOW + time) for item, time in [("c", 2), ("a", 1), ("b", 1), ("d", 1.5)]])
    data = shop.snapshot()
    assert [data.items.ids[item] for item in data.interactions.item] == ["a", "b", "d", "c"]


def test_events_from_a_time_on_are_left_out(shop):
    shop.append(events(10))
    assert len(shop.snapshot(until=NOW + 4, settings=DataSettings(repeats="all")).interactions) == 4


def test_settings_weigh_events(shop):
    shop.append([Event("ann", "mug", "view", time=NOW), Event("ann", "mug", "sniff", time=NOW + 1)])
    settings = DataSettings(repeats="all", events={"sniff": -2.0})
    assert shop.snapshot(settings=settings).interactions.value.tolist() == [1, -2]


def test_ratings_are_values(shop):
    shop.append([Event("ann", f"i{k}", "rate", value=float(k), time=NOW + k) for k in range(1, 6)])
    data = shop.snapshot(settings=DataSettings(positive_from=4.0))
    assert data.explicit
    assert data.interactions.value.tolist() == [1, 2, 3, 4, 5]
    assert data.interactions.sign.tolist() == [0, 0, 0, 1, 1]


def test_a_user_who_objects_is_left_out_and_his_items_stay(shop):
    shop.put_users([User("ann", profiling=False)])
    shop.append([Event("ann", "mug", time=NOW), Event("bob", "cup", time=NOW)])
    data = shop.snapshot()
    assert data.users.ids == ("bob",)
    assert data.items.ids == ("cup", "mug")
    assert len(data.interactions) == 1
    assert len(shop.history("ann")) == 1


def test_a_deleted_item_is_there_by_its_events_alone(shop):
    shop.put_items([Item("mug", "Mug"), Item("cup", "Cup")])
    shop.append([Event("ann", "mug", time=NOW)])
    shop.delete_item("mug")
    shop.delete_item("cup")
    data = shop.snapshot()
    assert (data.items.ids, data.titles) == (("mug",), ())


def test_odd_ids_stay_as_they_are(shop):
    odd = ["None", "nan", "007", "7", "7.0", " x ", "é", "e\u0301", "a|b"]
    shop.append([Event(name, name, time=NOW + k) for k, name in enumerate(odd)])
    data = shop.snapshot()
    assert [data.users.ids[user] for user in data.interactions.user] == odd
    assert [data.items.ids[item] for item in data.interactions.item] == odd


def test_attributes_may_have_any_name_and_mixed_values(shop):
    shop.put_items(
        [
            Item("a", "A", attributes={"title": "own", "id": "x1", "image": 1.0, "mixed": ["p", "q"]}),
            Item("b", "B", attributes={"title": "other", "id": "x1", "image": 2.0, "mixed": "p"}),
            Item("c", "C", attributes={"title": "own", "id": "x2", "new": True}),
        ]
    )
    shop.append([Event("ann", "a", time=NOW)])
    data = shop.snapshot()
    assert data.titles == ("A", "B", "C")
    assert {name: column.values.tolist() for name, column in data.item_attributes.items() if name != "image"} == {
        "title": ["own", "other", "own"],
        "id": ["x1", "x1", "x2"],
        "mixed": ["p|q", "p", ""],
        "new": ["", "", "true"],
    }
    np.testing.assert_array_equal(data.item_attributes["image"].values, [1, 2, np.nan])


def test_a_shop_without_events_to_learn_from_is_told(shop):
    shop.put_items([Item("mug", "Mug")])
    shop.put_users([User("ann", profiling=False)])
    for _ in range(2):
        with pytest.raises(DataError, match="'one' has no events"):
            shop.snapshot()
        shop.append([Event("ann", "mug", time=NOW)])


def test_files_out_of_the_media_folder_are_left_out(shop, store):
    shop.append([Event("ann", "a", time=NOW)])
    shop.put_items([Item("a", media={"image": ("../secret.jpg", "ok.jpg", "/etc/passwd")})])
    assert shop.snapshot().content["image"] == [(shop.media / "ok.jpg",)]
    assert "image" not in store.shop("one").snapshot().content

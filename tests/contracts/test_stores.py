"""What every store must do, whatever its data base."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from stores import NOW, events
from tastemaker.core.errors import DataError
from tastemaker.storage.base import Event, Item, Shown, User, Version
from tastemaker.storage.open import open_store

MUG = Item(
    "mug",
    "Blue mug",
    ("Holds tea.", "Größe: 0,3 l 🫖"),
    {"image": ("a/mug.jpg", "b.png"), "audio": ("m.wav",)},
    {"price": 7.5, "new": True, "tags": ["kitchen", "blue"], "maker": 'O"Neill'},
    stock=3,
    expires=NOW + 5,
    created=NOW,
)


def shown(request, user="ann", time=NOW, items=("mug", "cup")):
    scores = tuple(1.0 / (place + 1) for place in range(len(items)))
    return Shown(request, user, time, "v1", "home", {"test": "b"}, items, scores, scores, ("content",) * len(items))


@pytest.fixture
def shop(store):
    return store.shop("one")


def test_an_item_comes_back_as_it_was_put(shop):
    shop.put_items([MUG])
    assert replace(shop.item("mug"), revision=0) == MUG
    assert shop.item("cup") is None


def test_an_item_that_is_put_again_is_replaced_and_keeps_when_it_came(shop):
    shop.put_items([MUG, Item("cup")])
    before = shop.item("mug").revision
    shop.put_items([Item("mug", "Red mug", hidden=True)])
    mug = shop.item("mug")
    assert (mug.title, mug.hidden, mug.texts, mug.created) == ("Red mug", True, (), NOW)
    assert mug.revision > before


def test_of_several_items_with_one_id_the_last_stays(shop):
    shop.put_items([Item("mug", "first"), Item("mug", "second")])
    assert shop.item("mug").title == "second"


def test_items_and_users_are_listed_by_id(shop):
    shop.put_items([Item(f"i{k}") for k in (3, 1, 2, 5, 4)])
    shop.put_users([User(f"u{k}") for k in (3, 1, 2)])
    assert [item.id for item in shop.items(limit=2)] == ["i1", "i2"]
    assert [item.id for item in shop.items("i2")] == ["i3", "i4", "i5"]
    assert [user.id for user in shop.users("u1", 1)] == ["u2"]


def test_every_change_of_an_item_is_seen_once_behind_a_revision(shop):
    shop.put_items([Item("a"), Item("b"), Item("c")])
    first = shop.changed_items(0)
    assert [item.id for item in first] == ["a", "b", "c"]
    shop.append([Event("ann", "d"), Event("ann", "b")])
    assert shop.delete_item("a")
    later = shop.changed_items(first[-1].revision)
    assert [(item.id, item.deleted) for item in later] == [("d", False), ("a", True)]
    assert shop.changed_items(later[-1].revision) == []
    assert len(shop.changed_items(0, limit=2)) == 2


def test_a_deleted_item_is_gone_with_its_content(shop):
    shop.put_items([MUG])
    assert shop.delete_item("mug")
    assert not shop.delete_item("mug")
    assert shop.item("mug") is None
    assert shop.items() == []
    assert shop.changed_items(0)[-1] == Item("mug", created=NOW, revision=2, deleted=True)


def test_a_user_comes_back_as_he_was_put(shop):
    ann = User("ann", {"age": 40.0, "place": "BR/SP"}, profiling=False, created=NOW)
    shop.put_users([ann])
    assert replace(shop.user("ann"), revision=0) == ann
    assert shop.user("bob") is None


def test_an_event_counts_once_by_its_id(shop):
    click = Event("ann", "mug", "click", 1.0, NOW, "e1", "s1", "r1", "nice ☕")
    assert shop.append([click, click, replace(click, id="e2"), replace(click, id="")]) == [True, False, True, True]
    assert shop.append([click, replace(click, id="")]) == [False, True]
    assert len(shop.history("ann")) == 4
    assert replace(shop.history("ann")[0], number=0) == click


def test_events_make_their_users_and_items(shop):
    shop.put_items([MUG])
    shop.append([Event("ann", "mug"), Event("bob", "cup"), Event("bob", "cup")])
    assert [user.id for user in shop.users()] == ["ann", "bob"]
    assert [(item.id, item.title) for item in shop.items()] == [("cup", ""), ("mug", "Blue mug")]


def test_a_history_is_the_latest_by_time_oldest_first(shop):
    late = Event("ann", "late", time=NOW - 50)
    shop.append([Event("ann", f"i{k}", time=NOW + k // 2) for k in range(10)] + [late])
    assert [event.item for event in shop.history("ann", 3)] == ["i7", "i8", "i9"]
    assert shop.history("ann")[0].item == "late"
    assert shop.history("bob") == []


def test_events_are_read_in_order_of_arrival(shop):
    shop.append(events(30))
    first = shop.events(limit=20)
    rest = shop.events(first[-1].number)
    numbers = [event.number for event in first + rest]
    assert len(numbers) == 30
    assert numbers == sorted(set(numbers))
    assert [event.time for event in first + rest] == [NOW + k for k in range(30)]


def test_events_are_taken_back_by_kind_or_all(shop):
    shop.append([Event("ann", "mug", kind) for kind in ("like", "click", "like")] + [Event("ann", "cup", "like")])
    assert shop.delete_events("ann", "mug", "like") == 2
    assert shop.delete_events("ann", "mug") == 1
    assert [event.item for event in shop.history("ann")] == ["cup"]


@pytest.mark.parametrize(
    "wrong",
    [
        Event("", "mug"),
        Event("ann", ""),
        Event("ann", "mug", value=float("nan")),
        Event("ann", "mug", time=float("inf")),
        Event("ann\ud800", "mug"),
    ],
)
def test_a_wrong_event_is_refused_and_nothing_is_half_written(shop, wrong):
    with pytest.raises(DataError):
        shop.append([Event("bob", "cup"), wrong])
    assert shop.events() == []
    assert shop.users() == []


@pytest.mark.parametrize("put", [lambda shop: shop.put_items([Item("")]), lambda shop: shop.put_users([User("")])])
def test_nothing_is_put_without_an_id(shop, put):
    with pytest.raises(DataError):
        put(shop)


def test_lists_that_were_given_out_come_back(shop):
    given = [shown("r2", time=NOW + 1), shown("r1"), shown("r3", user="", items=())]
    shop.show(given)
    shop.show([given[0]])
    assert sorted(shop.shown(), key=lambda each: each.request) == sorted(given, key=lambda each: each.request)
    assert [each.request for each in shop.shown(since=NOW + 1)] == ["r2"]
    assert len(shop.shown(limit=1)) == 1


def test_one_version_at_most_is_live(shop):
    for number in (1, 2):
        shop.put_version(Version(f"v{number}", Path(f"/models/{number}"), NOW + number, "live", {"ndcg": 0.5}))
    shop.put_version(Version("v3", Path("/models/3"), NOW + 3, "candidate", {}))
    assert [(version.name, version.state) for version in shop.versions()] == [
        ("v1", "retired"),
        ("v2", "live"),
        ("v3", "candidate"),
    ]
    assert shop.versions()[0] == Version("v1", Path("/models/1"), NOW + 1, "retired", {"ndcg": 0.5})
    with pytest.raises(DataError, match="candidate, live"):
        shop.put_version(Version("v4", Path("/models/4"), NOW, "great", {}))


def test_an_answer_is_kept_under_its_key(shop, store):
    assert shop.once("k1", "hash") is None
    assert shop.once("k1", "hash", "answer") is None
    assert shop.once("k1", "hash", "other") == "answer"
    assert shop.once("k1", "hash") == "answer"
    assert store.shop("two").once("k1", "hash") is None
    with pytest.raises(DataError, match="another request"):
        shop.once("k1", "other hash")


def test_answers_are_kept_for_a_day(shop, monkeypatch):
    shop.once("k1", "hash", "answer")
    monkeypatch.setattr("tastemaker.storage.lists.DAY", 0.0)
    assert shop.once("k1", "other hash") is None
    shop.once("k2", "hash", "answer")
    monkeypatch.undo()
    assert shop.once("k1", "hash") is None


def test_a_note_is_kept(shop):
    assert shop.note("learnt") is None
    assert shop.note("learnt", {"until": 5, "ok": [True, None, "é"]}) == {"until": 5, "ok": [True, None, "é"]}
    assert shop.note("learnt") == {"until": 5, "ok": [True, None, "é"]}
    shop.note("learnt", 7)
    assert shop.note("learnt") == 7


def test_events_with_an_item_are_the_latest_in_order_of_arrival(shop):
    shop.append([Event(f"u{n}", "mug" if n % 2 else "cup", "like", time=100.0 - n) for n in range(10)])
    assert [event.user for event in shop.events_with("mug")] == ["u1", "u3", "u5", "u7", "u9"]
    assert [event.user for event in shop.events_with("mug", 2)] == ["u7", "u9"]
    assert shop.events_with("jar") == []


def test_an_item_may_go_with_what_was_done_with_it(shop):
    shop.put_items([Item("mug"), Item("cup")])
    shop.append([Event("ann", "mug", "like"), Event("ann", "cup", "like")])
    assert shop.delete_item("cup")
    assert len(shop.events()) == 2
    assert shop.delete_item("mug", events=True)
    assert [event.item for event in shop.events()] == ["cup"]


def test_a_note_is_renewed_from_what_it_was_by_one_at_a_time(store, shop):
    assert shop.renew("count", lambda kept: [kept]) == [None]
    shop.note("count", 0)

    def add():
        for _ in range(20):
            store.shop(shop.tenant).renew("count", lambda kept: kept + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.note("count") == 80


def test_a_key_says_its_tenant_and_scopes_until_it_is_taken_away(store):
    store.put_key("digest", "one", ["read", "write"], "till")
    assert store.key("digest") == ("one", ("read", "write"))
    store.put_key("digest", "one", [])
    assert store.key("digest") is None


def test_tenants_see_nothing_of_each_other(store):
    one, two = store.shop("one"), store.shop("two")
    assert store.append([("one", [Event("ann", "mug", id="e1")]), ("two", [Event("ann", "cup", id="e1")])]) == [
        [True],
        [True],
    ]
    assert store.append([("one", [Event("ann", "mug", id="e1")]), ("one", [Event("ann", "cup", id="e2")])]) == [
        [False],
        [True],
    ]
    one.show([shown("r1")])
    one.note("n", 1)
    assert [event.item for event in one.history("ann")] == ["mug", "cup"]
    assert [event.item for event in two.history("ann")] == ["cup"]
    assert (two.shown(), two.note("n"), two.item("mug")) == ([], None, None)
    two.forget("ann")
    assert len(one.history("ann")) == 2


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b"])
def test_a_tenant_is_no_path(store, name):
    with pytest.raises(DataError, match="tenant"):
        store.shop(name)


def test_all_is_there_after_opening_again(store, url):
    store.shop().append(events(10))
    store.shop().put_items([MUG])
    again = open_store(url)
    assert again.shop().events() == store.shop().events()
    assert again.shop().item("mug") == store.shop().item("mug")
    again.check()
    again.close()


def test_threads_write_at_once_and_numbers_appear_in_order(store):
    """Who follows the numbers misses no event."""
    shop, seen, done = store.shop(), [], threading.Event()

    def follow():
        while not done.is_set() or len(seen) < 200:
            seen.extend(shop.events(seen[-1].number if seen else 0))

    follower = threading.Thread(target=follow)
    follower.start()
    writers = [
        threading.Thread(target=lambda k=k: [shop.append(events(5, seed=10 * k + j)) for j in range(10)])
        for k in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    follower.join(30)
    assert len({event.id for event in seen}) == 200


def test_what_is_old_goes(shop):
    shop.append(events(10))
    shop.show([shown("old", time=NOW - 1), shown("new", time=NOW + 9)])
    assert shop.retain(NOW + 4) == 5
    assert len(shop.events()) == 6
    assert [each.request for each in shop.shown()] == ["new"]


def test_a_user_is_given_all_that_is_kept_of_him(shop):
    shop.put_users([User("ann", {"age": 40.0}, created=NOW)])
    shop.append([Event("ann", "mug", "click", time=NOW, id="e1"), Event("bob", "mug")])
    shop.show([shown("r1"), shown("r2", user="bob")])
    all_of_ann = shop.export("ann")
    assert all_of_ann["user"] | {"revision": 0} == {
        "id": "ann",
        "attributes": {"age": 40.0},
        "profiling": True,
        "created": NOW,
        "revision": 0,
    }
    assert [event["id"] for event in all_of_ann["events"]] == ["e1"]
    assert [each["request"] for each in all_of_ann["shown"]] == ["r1"]
    assert shop.export("nobody") == {"user": None, "events": [], "shown": []}


def test_a_forgotten_user_is_nowhere(shop):
    shop.put_users([User("ann")])
    shop.append([Event("ann", "mug", id="e1"), Event("bob", "ann-mug")])
    shop.show([shown("r1"), shown("r2", user="bob")])
    shop.once("k1", "hash", '{"for": "ann"}')
    shop.once("k2", "hash", '{"for": "anna"}')
    shop.note("latest", {"ann": 1, "anna": 2, "order": ["bob", "ann"], "who": "ann", "n": 3})
    shop.note("of/ann", 1)
    shop.note("other", ["bob"])
    assert shop.forget("ann") == 6
    assert shop.export("ann") == {"user": None, "events": [], "shown": []}
    assert [event.user for event in shop.events()] == ["bob"]
    assert shop.note("latest") == {"anna": 2, "order": ["bob"], "n": 3}
    assert (shop.note("of/ann"), shop.note("other")) == (None, ["bob"])
    assert (shop.once("k1", "hash"), shop.once("k2", "hash")) == (None, '{"for": "anna"}')
    assert shop.forget("nobody") == 0

"""Whole copies, and what comes back of them."""

import stat
import threading

import pytest

from stores import NOW, events
from tastemaker.core.errors import DataError, SavedError, ServiceError
from tastemaker.storage.backup import restore
from tastemaker.storage.base import Event, Item, User
from tastemaker.storage.open import open_store


@pytest.fixture
def backup(tmp_path):
    return tmp_path / "copies" / "monday.db"


def test_a_backup_brings_everything_back(store, backup):
    shop = store.shop()
    shop.put_items([Item("mug", "Mug", stock=3, hidden=True)])
    shop.put_users([User("ann", {"age": 4.0}, profiling=False)])
    shop.append(events(50))
    shop.note("n", {"a": 1})
    store.put_key("digest", "default", ["read"], "till")
    before = (shop.events(), shop.item("mug").title, shop.user("ann").attributes)
    store.backup(backup)
    shop.append(events(20, seed=1))
    shop.put_items([Item("mug", "Changed"), Item("later")])
    shop.note("n", 2)
    seen = shop.changed_items(0)[-1].revision
    assert restore(backup, store) == 0
    assert (shop.events(), shop.item("mug").title, shop.user("ann").attributes) == before
    assert (shop.note("n"), store.key("digest"), shop.item("later")) == ({"a": 1}, ("default", ("read",)), None)
    changed = {item.id: item for item in shop.changed_items(seen)}
    assert changed["mug"].title == "Mug"
    assert changed["later"].deleted
    assert shop.append([Event("ann", "mug")]) == [True]
    assert shop.events(limit=100)[-1].number > 50
    assert shop.changed_items(max(item.revision for item in changed.values())) == []


def test_a_backup_is_one_file_for_this_user_alone(store, backup):
    store.shop().append(events(5))
    store.backup(backup)
    store.backup(backup)  # in place of the old one
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    copy = open_store(f"sqlite:///{backup}")  # a store of its own
    assert copy.shop().events() == store.shop().events()
    copy.close()


def test_others_write_meanwhile(store, backup):
    shop, done = store.shop(), threading.Event()
    shop.append(events(2000))

    def write():
        seed = 1
        while not done.is_set():
            shop.append(events(50, seed=seed))
            seed += 1

    writer = threading.Thread(target=write)
    writer.start()
    store.backup(backup)
    done.set()
    writer.join()
    copy = open_store(f"sqlite:///{backup}")
    kept = copy.shop().events(limit=100_000)
    assert kept == shop.events(limit=len(kept))
    assert len(kept) % 50 == 0
    copy.close()


def test_who_was_erased_since_does_not_come_back(store, backup):
    shop, other = store.shop(), store.shop("other")
    for each in (shop, other):
        each.append([Event("ann", "mug", time=NOW), Event("bob", "cup", time=NOW)])
    shop.forget("bob")
    shop.append([Event("bob", "cup", time=NOW)])  # he is back before the backup is made
    store.backup(backup)
    shop.forget("ann")
    assert restore(backup, store) == 1
    assert [event.user for event in shop.events()] == ["bob"]
    assert [event.user for event in other.events()] == ["ann", "bob"]
    assert restore(backup, store) == 1  # and is remembered still


def test_a_new_store_takes_a_backup(store, backup, tmp_path):
    store.shop().append(events(30))
    store.backup(backup)
    new = open_store(f"sqlite:///{tmp_path}/new.db")
    restore(backup, new)
    assert new.shop().events() == store.shop().events()
    assert new.shop().append(events(1, seed=5)) == [True]
    new.close()


def test_what_is_no_backup_is_refused_and_nothing_changes(store, tmp_path):
    shop = store.shop()
    shop.append(events(5))
    with pytest.raises(DataError, match="no backup"):
        restore(tmp_path / "nowhere.db", store)
    (tmp_path / "notes.txt").write_text("not a data base at all, but long enough" * 10)
    with pytest.raises(ServiceError, match="no SQLite"):
        restore(tmp_path / "notes.txt", store)
    open_store(f"sqlite:///{tmp_path}/another.db").close()
    with pytest.raises(SavedError, match="is no backup"):
        restore(tmp_path / "another.db", store)
    assert len(shop.events()) == 5

"""Whoever is forgotten is in no byte of any file."""

import random

import pytest
from sqlalchemy import select

from stores import NOW, events
from tastemaker.core.errors import ServiceError
from tastemaker.storage import sqlite
from tastemaker.storage.base import Event, Shown, User
from tastemaker.storage.open import open_store
from tastemaker.storage.schema import events as table


@pytest.fixture
def shop(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    yield store.shop()
    store.close()


def found(folder, name):
    return {file.name: file.read_bytes().count(name.encode()) for file in folder.iterdir() if file.is_file()}


def shown(user, request, items=("i1",)):
    return Shown(request, user, NOW, "v1", "", {}, items, (1.0,), (1.0,), ("content",))


def test_no_file_holds_the_id_of_a_forgotten_user(shop, tmp_path):
    """Among users around him, in pages that were split and joined meanwhile, in tables, indexes, the log."""
    name = "user-004242"
    around = [f"user-{k:06d}" for k in range(4000, 4500)]
    shop.put_users([User(each, {"who": f"{each}@example.org"}) for each in around])
    for round_ in range(12):
        many = [
            Event(each, f"i{k % 7}", "click", time=NOW + round_, comment=f"by {each}") for k, each in enumerate(around)
        ]
        shop.append(many)
    for each in around:
        shop.show([shown(each, f"request-of-{each}")])
    shop.once("key-of-" + name, "hash", f'{{"user":"{name}"}}')
    shop.note("last", [name])
    shop.put_users([User(name, {"again": True})])
    assert sum(found(tmp_path, name).values()) > 30
    gone = shop.forget(name)
    assert gone == 1 + 12 + 1 + 1 + 1
    assert sum(found(tmp_path, name).values()) == 0, found(tmp_path, name)
    assert sum(found(tmp_path, "user-004243").values()) > 30


def test_numbers_and_settings_that_look_like_an_id_stay(shop):
    shop.put_users([User("5"), User("20")])
    shop.once("of another", "hash", '{"new":5,"known":20}')
    shop.once("of his", "hash", '{"user":"5"}')
    shop.note("experiments", [{"name": "ranking-5", "filter": "price < 20"}])
    shop.note("last", ["5", 5])
    for name in ("5", "20"):
        shop.forget(name)
    assert shop.once("of another", "hash") == '{"new":5,"known":20}'
    assert shop.once("of his", "hash") is None
    assert shop.note("experiments") == [{"name": "ranking-5", "filter": "price < 20"}]
    assert shop.note("last") == [5]


def test_notes_that_erasure_passes_over_are_named_as_their_writers_name_them():
    from tastemaker.serving import actions, experiments, home
    from tastemaker.storage.erase import SETTINGS
    from tastemaker.storage.snapshot import POSITIVE

    assert {experiments.NOTE, actions.HEADS, actions.LEARNED, home.ERASED, POSITIVE, "seeded"} == set(SETTINGS)


def test_copies_that_split_pages_left_behind_go_too(shop, tmp_path):
    """Rows of all sizes, added and deleted in turn; without writing the file anew one of these names stays in it."""
    rng = random.Random(1)

    def somebody():
        return f"user-{rng.randrange(3000):05d}"

    for round_ in range(120):
        shop.append(
            [
                Event(somebody(), f"i{rng.randrange(500)}", "click", time=1.7e9 + rng.random() * 1e6, comment=comment)
                for comment in ("c" * int(rng.paretovariate(1) * 5 % 3000) for _ in range(500))
            ]
        )
        lists = [shown(somebody(), f"r{round_}-{k}", ("a",) * rng.randrange(40)) for k in range(50)]
        shop.show(lists)
        if round_ % 10 == 0:
            shop.put_users([User(somebody(), {"x": "y" * rng.randrange(500)}) for _ in range(200)])
        if round_ % 7 == 0:
            shop.retain(1.7e9 + round_ * 2000)
    gone = [f"user-{k:05d}" for k in rng.sample(range(3000), 60)]
    for name in gone:
        shop.forget(name)
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [name for name in gone if name.encode() in everything] == []


def test_what_is_old_is_in_no_byte_either(shop, tmp_path):
    shop.append([Event("ann", "mug", time=NOW, comment="old secret"), Event("ann", "mug", time=NOW + 9)])
    shop.retain(NOW + 5)
    assert sum(found(tmp_path, "old secret").values()) == 0


def test_a_reader_that_holds_on_to_the_log_is_told_of(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_SETTINGS", (*sqlite._SETTINGS, "busy_timeout = 50"))
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    mine = store.shop()
    mine.append(events(10))
    with shop.database.reading() as session:
        list(session.rows(select(table)))
        mine.append(events(10, seed=2))
        with pytest.raises(ServiceError, match="ask once more"):
            mine.forget("u1")
    assert mine.forget("u1") == 0
    store.close()

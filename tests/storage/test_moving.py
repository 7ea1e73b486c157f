"""Pages go from the log into the file beside the writer."""

import sqlite3
import threading
import time

import pytest

from stores import events
from tastemaker.storage import moving
from tastemaker.storage.moving import Mover
from tastemaker.storage.open import open_store


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(moving, "EVERY", 0.01)


def until(true):
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within ten seconds")


@pytest.fixture(autouse=True)
def others():
    """Threads of stores that other tests left open."""
    OTHERS.clear()
    OTHERS.update(threading.enumerate())


OTHERS = set()


def movers():
    return [one for one in threading.enumerate() if one.name == "tastemaker-mover" and one not in OTHERS]


def test_what_was_committed_is_moved_into_the_file(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.shop().append(events(2000))
    until(lambda: b"u1" in (tmp_path / "store.db").read_bytes())
    log = sqlite3.connect(f"file:{tmp_path}/store.db?mode=ro", uri=True)
    until(lambda: len(set(log.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1:])) == 1)
    log.close()
    assert len(store.shop().events(limit=5000)) == 2000
    store.close()
    assert movers() == []


def test_where_it_cannot_move_writers_go_on(tmp_path):
    def broken():
        raise sqlite3.OperationalError("unable to open database file")

    mover = Mover(broken)
    mover.committed()
    until(lambda: not movers())
    mover.committed()
    mover.close()
    mover.close()


def test_erasing_waits_for_those_who_move(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    shop = store.shop()
    for seed in range(20):
        shop.append(events(200, seed=seed))
        shop.forget("u1")
        assert shop.user("u1") is None
    store.close()


def test_what_is_durable_is_not_called_lost_where_no_thread_can_start(tmp_path, monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        store.shop().append(events(5))
    store.shop().append(events(5))
    assert len(store.shop().events()) == 10
    store.close()
    assert movers() == []

"""A data base that is locked, full or gone: told clearly, nothing half-written, and on by itself afterwards."""

import os
import shutil
import subprocess
from sqlite3 import connect

import pytest
from sqlalchemy import text

from stores import events
from tastemaker.core.errors import ServiceError
from tastemaker.storage import sqlite
from tastemaker.storage.base import Event, Item
from tastemaker.storage.intake import Intake
from tastemaker.storage.open import open_store


def test_a_locked_data_base_is_told_and_work_goes_on_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_SETTINGS", (*sqlite._SETTINGS, "busy_timeout = 50"))
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    shop = store.shop()
    shop.append(events(5))
    other = connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for write in (lambda: shop.append(events(5, seed=1)), lambda: shop.put_items([Item("mug")]), store.check):
        with pytest.raises(ServiceError, match="another process is writing"):
            write()
    assert len(shop.history("u1", 10)) + len(shop.events()) >= 5  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    assert shop.append(events(5, seed=1)) == [True] * 5
    assert len(shop.events()) == 10
    store.close()


def test_a_thread_that_writes_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tastemaker.storage.database.BUSY", 0.05)
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.database.writing(), pytest.raises(ServiceError, match="another thread"):
        store.check()
    store.check()
    store.close()


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if os.getuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here (it needs root)")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(small_disk):
    store = open_store(f"sqlite:///{small_disk}/store.db")
    shop, stored = store.shop(), 0
    with pytest.raises(ServiceError, match=r"disk is full.*nothing of this was stored"):
        for seed in range(1000):
            stored += sum(shop.append(events(50, seed=seed)))
    assert len(shop.events(limit=100_000)) == stored > 0
    with pytest.raises(ServiceError, match="full"):
        store.shop().put_items([Item(f"new{k}", "title " * 100) for k in range(1000)])
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    assert shop.append(events(50, seed=-1)) == [True] * 50
    assert len(shop.events(limit=100_000)) == stored + 50
    assert shop.item("new0") is None
    store.check()
    store.close()


def test_a_file_at_its_limit_is_told_and_nothing_is_half_written(tmp_path):
    """By the limit that SQLite has for its own file."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    shop, intake = store.shop(), Intake(store)
    shop.append(events(5))
    limit(store, 60)
    stored = 5
    with pytest.raises(ServiceError, match=r"disk is full.*nothing of this was stored"):
        for seed in range(1, 50):
            stored += sum(intake.submit("default", events(100, seed=seed)).result(30))
    assert len(shop.events(limit=10_000)) == stored
    with pytest.raises(ServiceError, match="disk is full"):
        shop.put_items([Item(f"new{k}", "title " * 100) for k in range(1000)])
    assert shop.item("new0") is None
    assert len(shop.history("u1")) > 0
    limit(store, 100_000)
    assert shop.append(events(100, seed=99)) == [True] * 100
    store.check()
    intake.close()
    store.close()


def limit(store, pages):
    with store.database._writers.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def test_a_server_that_goes_away_is_told_and_work_goes_on_when_it_is_back(postgres):
    store = open_store(postgres.bare())
    shop, intake = store.shop(), Intake(store)
    assert intake.submit("default", events(5)).result(30) == [True] * 5
    shop.history("u1")
    postgres.stop()
    try:
        for ask in (
            lambda: shop.history("u1"),
            lambda: shop.events(),
            lambda: shop.append([Event("ann", "mug")]),
            lambda: intake.submit("default", events(5, seed=1)).result(30),
            store.check,
        ):
            with pytest.raises(ServiceError, match="PostgreSQL data base"):
                ask()
    finally:
        postgres.start()
    assert len(shop.events()) == 5
    assert intake.submit("default", events(5, seed=1)).result(30) == [True] * 5
    assert shop.user("ann") is None
    store.check()
    intake.close()
    store.close()


def test_a_connection_that_breaks_within_a_transaction_undoes_it(postgres):
    store = open_store(postgres.bare())
    shop = store.shop()
    with pytest.raises(ServiceError), store.database.writing() as session:
        session.run(text("INSERT INTO notes VALUES ('default', 'half', '1')"))
        postgres._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%'")
        session.run(text("INSERT INTO notes VALUES ('default', 'other', '1')"))
    assert (shop.note("half"), shop.note("other")) == (None, None)
    assert shop.note("whole", 1) == 1
    store.close()

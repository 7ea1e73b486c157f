"""Tables of an older version become those of today."""

import sqlite3

import pytest
from sqlalchemy import inspect, text

from stores import events
from tastemaker.core.errors import SavedError, TastemakerError
from tastemaker.storage.migrations import NEWEST
from tastemaker.storage.open import open_store


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request, tmp_path):
    """The URL of a data base without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return request.getfixturevalue("postgres").bare()


def columns(store):
    with store.database.reading() as session:
        seen = inspect(session.connection)
        return {
            table: (
                {column["name"]: (str(column["type"]), column["nullable"]) for column in seen.get_columns(table)},
                {index["name"]: index["column_names"] for index in seen.get_indexes(table)},
            )
            for table in seen.get_table_names()
            if not table.startswith("sqlite_")
        }


def alter(url, *statements):
    store = open_store(url)
    with store.database.writing() as session:
        for statement in statements:
            session.run(text(statement))
    store.close()


def test_version_1_becomes_the_newest_with_what_it_holds(bare):
    store = open_store(bare)
    today = columns(store)
    store.shop().append(events(10))
    store.put_key("digest", "one", ["read"], "till")
    store.close()
    alter(
        bare,
        "ALTER TABLE keys DROP COLUMN label",
        "DROP INDEX events_by_time",
        "DROP INDEX events_by_item",
        "DROP INDEX once_by_time",
        "UPDATE about SET value = '1' WHERE name = 'schema'",
    )
    store = open_store(bare)
    assert columns(store) == today
    assert len(store.shop().events()) == 10
    assert store.key("digest") == ("one", ("read",))
    store.put_key("another", "one", ["read"], "till")
    store.close()
    open_store(bare).close()  # and is not brought up to date again


def test_a_step_that_fails_leaves_the_old_version_whole(bare):
    alter(bare, "DROP INDEX events_by_time", "UPDATE about SET value = '1' WHERE name = 'schema'")
    for _ in range(2):
        with pytest.raises(TastemakerError, match="label"):  # the column that is there already
            open_store(bare)


def test_a_newer_version_is_refused(bare):
    alter(bare, f"UPDATE about SET value = '{NEWEST + 1}' WHERE name = 'schema'")
    with pytest.raises(SavedError, match=f"version {NEWEST + 1}.*1 to {NEWEST}.*newer one"):
        open_store(bare)


def test_tables_of_another_program_are_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
    connection.close()
    with pytest.raises(SavedError, match="another program"):
        open_store(f"sqlite:///{tmp_path}/store.db")

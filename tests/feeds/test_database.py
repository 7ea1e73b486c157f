"""Rows of a real PostgreSQL."""

from urllib.parse import quote

import psycopg
import pytest

from tastemaker.core import BadSetting, DataError, ServiceError


@pytest.fixture
def log(postgres):
    """A table of 6,000 events, and its URL."""
    url = postgres.bare()
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE log AS SELECT n AS id, 'u' || n % 9 AS user_id, 'i' || n % 7 AS item_id, 'like' AS event,"
            " to_timestamp(1700000000 + n) AS at, (n % 5)::numeric AS value FROM generate_series(1, 6000) n"
        )
    return url


def asked(url, query, **more):
    return url + "?" + "&".join(f"{name}={quote(text)}" for name, text in {"query": query, **more}.items())


def counts(report):
    return report.rows, report.new, report.known, report.refused


def test_rows_of_a_question_count_once(load, shop, log):
    source = asked(log, "SELECT user_id, item_id, event, at AS time, value FROM log WHERE event LIKE 'l%'")
    assert counts(load(source)) == (6000, 6000, 0, 0)
    assert counts(load(source)) == (6000, 0, 6000, 0)
    first = shop.events(0, 1)[0]
    assert (first.user, first.item, first.kind, first.value, first.time) == ("u1", "i1", "like", 1.0, 1_700_000_001.0)


@pytest.mark.parametrize("column", ["id", "at"])
def test_following_asks_for_later_rows_alone(load, url, log, column):
    import threading

    from tastemaker.actions.feeds.load import ImportRequest, import_rows

    query = "SELECT id, user_id, item_id, event, at, at AS time FROM log WHERE event LIKE 'l%'"
    source = asked(log, query, cursor=column)

    class Stepping(threading.Event):
        def wait(self, timeout=None):
            if self.is_set():
                return True
            self.set()
            with psycopg.connect(log) as connection:
                connection.execute("INSERT INTO log VALUES (6001, 'new', 'i1', 'like', now())")
            return False

    report = import_rows(ImportRequest(source, store=url, follow=True), Stepping())
    assert counts(report) == (6002, 6001, 1, 0)


def test_the_data_base_is_never_written_to_and_its_errors_are_told(load, log, tmp_path):
    with pytest.raises(DataError, match="refuses the question"):
        load(asked(log, "INSERT INTO log SELECT * FROM log RETURNING user_id, item_id"))
    with pytest.raises(DataError, match="refuses the question"):
        load(asked(log, "SELECT nothing FROM nowhere"))
    with pytest.raises(BadSetting, match="Say what to ask"):
        load(log)
    with pytest.raises(ServiceError, match="does not answer") as told:
        load(asked("postgresql://me:secret@127.0.0.1:9/x", "SELECT 1"))
    assert "secret" not in str(told.value)

"""Files into a store: every row once, and what cannot be taken is told."""

import gzip
import json
import threading
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tastemaker.actions.feeds import load as loading
from tastemaker.actions.feeds.load import ImportRequest, import_rows
from tastemaker.core import BadSetting, DataError, Run, ServiceError

EVENTS = [{"user": f"u{n % 7}", "item": f"i{n % 5}", "kind": "like", "time": 1_700_000_000 + n} for n in range(50)]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def counts(report):
    return report.rows, report.new, report.known, report.refused


def all_events(shop):
    return [(e.user, e.item, e.kind, e.value, e.time) for e in shop.events(0, 10_000)]


def test_events_count_once_however_often_they_are_read(load, shop, tmp_path):
    path = write_lines(tmp_path / "events.jsonl", EVENTS)
    assert counts(load(path)) == (50, 50, 0, 0)
    assert counts(load(path)) == (50, 0, 50, 0)
    write_lines(tmp_path / "copy.jsonl", [*EVENTS[10:], {**EVENTS[0], "time": 5}])
    assert counts(load(tmp_path / "copy.jsonl")) == (41, 1, 40, 0)
    assert all_events(shop)[:50] == [(e["user"], e["item"], "like", 1.0, e["time"]) for e in EVENTS]
    assert shop.user("u3") is not None


def test_a_source_with_ids_is_told_apart_by_them(load, shop, tmp_path):
    row = {"user": "a", "item": "b", "time": 7}
    path = write_lines(tmp_path / "e.jsonl", [{**row, "id": 1}, {**row, "id": 2}, {**row, "id": 2}])
    assert counts(load(path)) == (3, 2, 1, 0)
    assert [event.id for event in shop.events()] == ["1", "2"]


def test_equal_rows_without_a_time_are_several_and_count_once_each(load, shop, tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("user_id,item_id\na,b\na,b\n")
    assert counts(load(path)) == (2, 2, 0, 0)
    assert counts(load(path)) == (2, 0, 2, 0)


def test_every_row_that_cannot_be_taken_is_told(load, shop, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"user": "a", "item": "b", "time": 7}\n'
        "no json\n"
        "[1]\n"
        '{"user": "", "item": "b"}\n'
        '{"user": "a", "item": "b", "value": "much"}\n'
        '{"user": "a", "item": "b", "time": "never"}\n'
        '{"user": "a", "item": "b", "time": -5}\n'
        '{"name": "a"}\n'
        "\n"
        '{"user": "a", "item": "c", "time": "2026-01-02T03:04:05"}\n'
    )
    report = load(path, refused=tmp_path / "refused.jsonl")
    assert counts(report) == (9, 2, 0, 7)
    told = [json.loads(line) for line in (tmp_path / "refused.jsonl").read_text().splitlines()]
    assert len(told) == 7
    for one, expected in zip(
        told, ["no JSON", "no JSON object", "no user", "no value", "no time", "1970"], strict=False
    ):
        assert expected in one["what"]
        assert str(path) in one["where"]
    assert "2 events stored, 0 known already, 7 refused" in report.text()
    assert report.to_json()["refused"] == 7
    assert all_events(shop)[1][4] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


def test_a_table_of_ratings_with_other_names(load, shop, tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text('\ufeffuserId;movieId;rating;timestamp;review\n1;2;4.5;1700000000000;"good;\nvery"\n3;2;1;0\n')
    report = load(path)
    assert counts(report) == (2, 1, 0, 1)
    assert "4 cells under 5 names" in report.why[0]
    (event,) = shop.events()
    assert (event.user, event.item, event.kind, event.value) == ("1", "2", "rate", 4.5)
    assert (event.time, event.comment) == (1_700_000_000.0, "good;\nvery")


def test_items_of_a_table(load, shop, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text(
        "item_id,title,description,category,price,image,poster_url,stock,hidden,expires\n"
        "a,A boat,mast and sail,sea|wind,12.5,img/a.png,https://x/a.png,3,false,2030-01-01\n"
        "b,,,,007,,,,,\n"
        "c,,,,,,,many,,\n"
    )
    report = load(path)
    assert counts(report) == (3, 2, 0, 1)
    a, b = shop.item("a"), shop.item("b")
    assert (a.title, a.texts, a.media) == ("A boat", ("mast and sail",), {"image": ("img/a.png",)})
    assert a.attributes == {"category": ["sea", "wind"], "price": 12.5, "poster_url": "https://x/a.png"}
    assert (a.stock, a.hidden, a.expires) == (3, False, datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    assert b.attributes == {"price": "007"}
    path.write_text("item_id,title\na,Another\n")
    created = a.created
    load(path)
    again = shop.item("a")
    assert (again.title, again.created, again.media) == ("Another", created, {"image": ("img/a.png",)})


def test_items_and_users_as_they_are_sent_over_http(load, shop, tmp_path):
    item = {
        "id": "x",
        "title": "t",
        "texts": ["one", "two"],
        "media": {"audio": ["s.wav"]},
        "attributes": {"new": True, "tags": ["p", "q"]},
        "stock": 0,
        "created": 5,
    }
    assert counts(load(write_lines(tmp_path / "items.jsonl", [item]), kind="items")) == (1, 1, 0, 0)
    found = shop.item("x")
    assert (found.texts, found.media, found.stock) == (("one", "two"), {"audio": ("s.wav",)}, 0)
    assert (found.attributes, found.created) == ({"new": True, "tags": ["p", "q"]}, 5.0)
    users = [{"id": "u", "attributes": {"age": 3}, "profiling": False}, {"id": 5}]
    assert counts(load(write_lines(tmp_path / "users.jsonl", users), kind="users")) == (2, 2, 0, 0)
    load(write_lines(tmp_path / "users.jsonl", [{"user_id": "u", "age": 4}]))
    assert (shop.user("u").attributes, shop.user("u").profiling) == ({"age": 4.0}, False)
    assert shop.user("5") is not None


def test_what_rows_are_is_guessed_or_asked(load, tmp_path):
    with pytest.raises(DataError, match=r"--as items\|users\|events"):
        load(write_lines(tmp_path / "a.jsonl", [{"id": "x", "age": 3}]))
    with pytest.raises(DataError, match="What are rows with the columns colour"):
        load(write_lines(tmp_path / "a.jsonl", [{"colour": "x"}]))
    bad = load(write_lines(tmp_path / "a.jsonl", [{"id": "x", "t": {"deep": 1}}]), kind="items")
    assert "no attribute" in bad.why[0]


def test_parquet_patterns_and_packed_files(load, shop, tmp_path):
    times = [datetime.fromtimestamp(e["time"], UTC) for e in EVENTS]
    table = pa.table({"user": [n % 7 for n in range(50)], "item_id": [e["item"] for e in EVENTS], "time": times})
    pq.write_table(table.slice(0, 30), tmp_path / "a.parquet", row_group_size=8)
    pq.write_table(table.slice(30), tmp_path / "b.parquet")
    with gzip.open(tmp_path / "c.csv.gz", "wt") as file:
        file.write("user\titem\ttime\n9\ti1\t1700000000\n")
    assert counts(load(tmp_path / "*.parquet")) == (50, 50, 0, 0)
    assert counts(load(tmp_path / "c.*")) == (1, 1, 0, 0)
    assert all_events(shop)[31][0:2] == ("3", "i1")


def test_a_file_on_another_system(load, tmp_path):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    with memory.open("/log/a.jsonl", "wb") as file:
        file.write(json.dumps(EVENTS[0]).encode())
    assert counts(load("memory://log/*.jsonl")) == (1, 1, 0, 0)
    with pytest.raises(DataError, match="Nothing opens odd://"):
        load("odd://log/*.jsonl")


def test_an_interrupted_import_goes_on_where_it_was(url, load, shop, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 10)
    path = write_lines(tmp_path / "events.jsonl", EVENTS)

    class Stopped(Exception):
        pass

    def say_stop(work, what, total=None):
        for number, batch in enumerate(work):
            if number == 3:
                raise Stopped
            yield batch

    class Breaking(Run):
        def progress(self, work, what, total=None):
            return say_stop(work, what, total)

    with pytest.raises(Stopped):
        load(path, run=Breaking())
    assert len(shop.events()) == 30
    assert counts(load(path)) == (20, 20, 0, 0)
    assert counts(load(path)) == (50, 0, 50, 0)
    with pytest.raises(Stopped):
        load(path, run=Breaking())
    write_lines(path, [{**event, "user": "other"} for event in EVENTS])
    assert counts(load(path)) == (50, 50, 0, 0)


@pytest.mark.parametrize("end", ["parquet", "csv"])
def test_an_interrupted_table_goes_on_too(load, shop, tmp_path, monkeypatch, end):
    monkeypatch.setattr(loading, "BATCH", 20)
    path = tmp_path / f"a.{end}"
    if end == "csv":
        path.write_text("user,item,time\n" + "".join(f"{e['user']},{e['item']},{e['time']}\n" for e in EVENTS))
    else:
        pq.write_table(pa.Table.from_pylist(EVENTS), path, row_group_size=8)
    whole = loading.Loading._take

    def once(self, batch):
        if self.report.rows:
            raise KeyboardInterrupt
        whole(self, batch)

    monkeypatch.setattr(loading.Loading, "_take", once)
    with pytest.raises(KeyboardInterrupt):
        load(path)
    monkeypatch.setattr(loading.Loading, "_take", whole)
    assert counts(load(path)) == (30, 30, 0, 0)
    assert len(shop.events()) == 50


def test_following_takes_new_lines_and_files_and_waits_for_whole_ones(url, shop, tmp_path):
    looked = []
    (tmp_path / "log").mkdir()
    first, table = tmp_path / "log" / "a.jsonl", tmp_path / "log" / "b.csv"
    steps = [
        lambda: write_lines(first, EVENTS[:2]),
        lambda: first.write_text(first.read_text() + json.dumps(EVENTS[2])),
        lambda: first.write_text(first.read_text() + "\n"),
        lambda: table.write_text('user,item,time,comment\nx,y,5,"half'),
        lambda: table.write_text('user,item,time,comment\nx,y,5,"half\n'),
        lambda: table.write_text('user,item,time,comment\nx,y,5,"half\nand half"\n'),
        lambda: (tmp_path / "log" / "c.parquet").write_bytes(b"PAR1half"),
        lambda: pq.write_table(pa.Table.from_pylist(EVENTS[10:12]), tmp_path / "log" / "c.parquet"),
    ]

    class Stepping(threading.Event):
        """Does the next step where the import waits."""

        def wait(self, timeout=None):
            looked.append(len(shop.events()))
            if not steps:
                return True
            steps.pop(0)()
            return False

    said = []
    request = ImportRequest(str(tmp_path / "log" / "*"), store=url, follow=True, run=Run(say=said.append))
    report = import_rows(request, Stepping())
    assert looked == [0, 2, 2, 3, 3, 3, 4, 4, 6]
    assert counts(report) == (6, 6, 0, 0)
    assert len(said) == 4
    steps.append(lambda: None)
    assert counts(import_rows(request, Stepping())) == (0, 0, 0, 0)


def test_following_a_source_that_fails_tries_again(url, tmp_path):
    path, said = tmp_path / "a.jsonl.gz", []

    class Stepping(threading.Event):
        def wait(self, timeout=None):
            if path.read_bytes()[:2] == b"\x1f\x8b":
                return True
            path.write_bytes(gzip.compress(json.dumps(EVENTS[0]).encode() + b"\n"))
            return False

    path.write_bytes(b"not packed at all")
    request = ImportRequest(str(path), store=url, follow=True, run=Run(say=said.append))
    assert counts(import_rows(request, Stepping())) == (1, 1, 0, 0)
    assert "cannot be read" in said[0]
    path.write_bytes(b"not packed at all")
    with pytest.raises(ServiceError, match="cannot be read"):
        import_rows(ImportRequest(str(path), store=url))


def test_what_is_wrong_with_the_command_is_told(load, tmp_path):
    with pytest.raises(DataError, match="no file"):
        load(tmp_path / "nothing.jsonl")
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(DataError, match="no known kind"):
        load(tmp_path / "a.xlsx")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="no Parquet file"):
        load(tmp_path / "a.parquet")
    with pytest.raises(BadSetting, match="no tenant"):
        load(tmp_path / "a.parquet", tenant="../x")
    with pytest.raises(BadSetting, match="Say where it goes"):
        import_rows(ImportRequest(str(tmp_path / "a.jsonl")))


def test_a_row_that_the_store_refuses_harms_no_other(load, shop, tmp_path, monkeypatch):
    rows = [{"user": "a", "item": f"i{n}", "time": 5, "comment": "bad" if n == 3 else ""} for n in range(6)]
    path = write_lines(tmp_path / "e.jsonl", rows)
    kind = type(shop)
    whole = kind.append

    def picky(self, events):
        if any(event.comment == "bad" for event in events):
            raise DataError("It cannot be stored.")
        return whole(self, events)

    monkeypatch.setattr(kind, "append", picky)
    report = load(path)
    assert counts(report) == (6, 5, 0, 1)
    assert "cannot be stored" in report.why[0]

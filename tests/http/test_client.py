"""The client against a real service, and against one that fails as planned."""

import time

import pytest

import tastemaker as tm
from service import answer, serving
from tastemaker.core import BadSetting, DataError, ServiceError
from tastemaker.http.client import Sent


@pytest.fixture
def client(server):
    with tm.Client(server.url, server.key) as made:
        yield made


@pytest.fixture
def planned():
    """A service that does as it is told, and what a client of it is."""
    with serving() as service, tm.Client(service.url.removesuffix("/v1"), "k", timeout=5, tries=3) as made:
        yield service, made


def say(status, body=None, **head):
    return lambda handler, asked: answer(handler, status, body, **head)


LIST = {"request": "r", "items": [], "model": "v1", "degraded": "", "arms": {}}


def test_lists_come_typed(client):
    found = client.recommend("u1", k=3, explain=True, filter="price < 25")
    assert len(found.items) == 3
    assert found.model == "v0001"
    assert found.items[0].source == "model"
    assert found.items[0].reason
    assert [int(one.item[1:]) % 3 for one in client.similar("i0", k=3)] == [0, 0, 0]
    assert [int(one.item[1:]) % 3 for one in client.search("comet telescope orbit", k=2)] == [2, 2]
    assert [int(one.item[1:]) % 3 for one in client.bought_together("i0", k=3)] == [0, 0, 0]
    assert len(client.trending(k=4)) == 4
    assert len(client.onboarding()) == 5
    assert len(client.similar_users("u1", k=2)) == 2


def test_what_is_sent_is_in_the_next_list_and_counts_once(client):
    first = client.recommend("newcomer", k=4)
    event = {"user": "newcomer", "item": first.items[0].item, "kind": "like", "id": "once", "request": first.request}
    assert client.send([event, event]) == Sent(1, 1)
    assert client.send([event]) == Sent(0, 1)
    after = client.recommend("newcomer", k=4)
    assert first.items[0].item not in [one.item for one in after.items]
    assert after.items[0].source == "model"
    assert client.send([{"user": "newcomer", "item": "i9"}] * 2) == Sent(2, 0)
    assert len(client.export("newcomer")["events"]) == 3
    assert client.erase("newcomer") >= 3
    assert client.export("newcomer")["events"] == []


def test_many_rows_go_in_batches(client):
    rows = [{"id": f"many/{n}", "title": "storm tide", "hidden": True} for n in range(1001)]
    assert client.put_items(iter(rows)) == 1001
    assert client.put_users([{"id": "ann", "attributes": {"age": 30}}]) == 1
    assert client.put_users([]) == 0


def test_files_are_uploaded_and_broken_ones_refused(client, tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    client.put_items([{"id": "with/picture", "hidden": True}])
    pillow.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    assert client.upload("with/picture", "image", tmp_path / "a.png").startswith("image/")
    with pytest.raises(DataError, match="415"):
        client.upload("with/picture", "image", b"no picture at all")
    with pytest.raises(DataError, match="no encoder that reads it"):
        client.search_by("image", tmp_path / "a.png")


def test_what_is_refused_says_why(client, server):
    with pytest.raises(DataError, match="no item 'unheard'"):
        client.similar("unheard")
    with pytest.raises(DataError, match="userr"):
        client.recommend("u1", userr="u2")
    with pytest.raises(DataError, match=r"0\.titel"):
        client.put_items([{"id": "a", "titel": "b"}])
    with pytest.raises(DataError, match="ranks, it predicts no ratings"):
        client.rate("u1", ["i1"])
    with tm.Client(server.url, "wrong") as stranger, pytest.raises(DataError, match="401"):
        stranger.recommend("u1")


def test_a_busy_service_is_asked_again_when_it_wants(planned):
    service, client = planned
    busy = {"detail": "later", "status": 429}
    service.plan = [say(429, busy, Retry_After="1"), say(503, busy, Retry_After="0"), say(200, LIST)]
    began = time.monotonic()
    assert client.recommend("u1").request == "r"
    assert 1 <= time.monotonic() - began < 3
    assert len(service.seen) == 3


def test_a_repeated_write_carries_the_same_ids(planned):
    service, client = planned
    service.plan = [say(503), say(200, {"new": 1, "known": 0}), say(502), say(200, {"items": 1})]
    assert client.send([{"user": "a", "item": "b"}]) == Sent(1, 0)
    assert client.put_items([{"id": "a"}]) == 1
    events = [asked for _, asked in service.seen[:2]]
    assert events[0] == events[1]
    assert events[0][0]["id"]
    keys = [head["Idempotency-Key"] for head, _ in service.seen[2:]]
    assert keys[0] == keys[1]
    assert len(keys[0]) == 32


def test_it_gives_up_after_all_tries_and_where_the_wait_is_too_long(planned):
    service, client = planned
    service.plan = [say(503, {"detail": "the data base is away", "status": 503})] * 3
    with pytest.raises(ServiceError, match="the data base is away"):
        client.recommend("u1")
    assert len(service.seen) == 3
    service.plan = [say(429, {"detail": "later"}, Retry_After="3600")]
    with pytest.raises(ServiceError, match="later"):
        client.recommend("u1")
    assert len(service.seen) == 4
    service.plan = [say(500, {"detail": "its own fault"})]
    with pytest.raises(ServiceError, match="its own fault"):
        client.recommend("u1")
    service.plan = [say(404, b"<html>")]
    with pytest.raises(DataError, match="status 404"):
        client.recommend("u1")


def test_a_service_that_is_away_is_told():
    with tm.Client("http://127.0.0.1:9", "k", tries=2) as client, pytest.raises(ServiceError, match="ConnectError"):
        client.trending()
    with pytest.raises(BadSetting, match="no address"):
        tm.Client("127.0.0.1:8000", "k")

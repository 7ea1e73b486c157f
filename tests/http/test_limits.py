"""What a request may cost, and how it is refused."""

import json

import pytest

from tastemaker.core import DataError, MissingExtra, ServiceError, TastemakerError
from tastemaker.http import app as app_module
from tastemaker.http import problems
from tastemaker.http.app import application
from tastemaker.http.keys import Keys
from tastemaker.serving.settings import ServeSettings


def problem(got, status):
    assert got.status_code == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    said = got.json()
    assert said["status"] == status
    assert said["title"]
    return said


@pytest.fixture
def settings():
    return ServeSettings(tick=0.05, body_bytes=2000, upload_bytes=5000, requests_per_second=500)


@pytest.mark.parametrize("address", ["/v1/users", "/v1/events", "/v1/recommend", "/api/items"])
def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(http, address):
    body = json.dumps([{"id": "x" * 200}] * 20).encode()

    def parts():
        for at in range(0, len(body), 500):
            yield body[at : at + 500]

    assert "2000 bytes" in problem(http.post(address, content=body), 413)["detail"]
    assert "2000 bytes" in problem(http.post(address, content=parts()), 413)["detail"]


def test_files_may_be_larger(http):
    assert problem(http.put("/v1/items/a/media/image", content=b"x" * 4000), 415)
    assert problem(http.put("/v1/items/a/media/image", content=b"x" * 6000), 413)


@pytest.mark.parametrize(
    ("method", "address", "content", "status"),
    [
        ("POST", "/v1/recommend", "{", 422),
        ("POST", "/v1/recommend", '{"userr": "u1"}', 422),
        ("POST", "/v1/recommend", '{"k": 0}', 422),
        ("POST", "/v1/recommend", '{"filter": "price <"}', 422),
        ("POST", "/v1/recommend", '{"filter": "colour == 1"}', 422),
        ("POST", "/v1/recommend", '{"scenario": "unheard"}', 422),
        ("POST", "/v1/similar", "{}", 422),
        ("POST", "/v1/similar", '{"item": "a", "user": "b"}', 422),
        ("POST", "/v1/similar", '{"item": "unheard"}', 404),
        ("POST", "/v1/similar", '{"user": "unheard"}', 404),
        ("POST", "/v1/bought-together", '{"item": "unheard"}', 404),
        ("POST", "/v1/search", '{"text": ""}', 422),
        ("POST", "/v1/search", '{"text": "boat"}', 422),
        ("POST", "/v1/rate", '{"user": "u1", "items": ["i1"]}', 422),
        ("POST", "/v1/events", '{"user": "", "item": "a"}', 422),
        ("POST", "/v1/events", '{"user": "a", "item": "b", "kindd": "like"}', 422),
        ("POST", "/v1/events", '{"user": "a", "item": "b", "value": 1e99}', 422),
        ("POST", "/v1/events", '{"user": "a", "item": "b", "value": NaN}', 422),
        ("POST", "/v1/events", '{"user": "a", "item": "b", "time": "never"}', 422),
        ("POST", "/v1/events", "[]", 422),
        ("POST", "/v1/items", "[]", 422),
        ("POST", "/v1/items", '[{"id": "a", "titel": "b"}]', 422),
        ("POST", "/v1/items", '[{"id": "a", "stock": -1}]', 422),
        ("POST", "/v1/items", '[{"id": "a", "attributes": {"x": {"y": 1}}}]', 422),
        ("PUT", "/v1/items/a", '{"id": "b"}', 422),
        ("PUT", "/v1/users/a", '{"id": "b"}', 422),
        ("PATCH", "/v1/items/unheard", "{}", 404),
        ("PATCH", "/v1/items/i1", '{"hidden": null}', 422),
        ("GET", "/v1/items/unheard", None, 404),
        ("GET", "/v1/users/unheard", None, 404),
        ("DELETE", "/v1/items/unheard", None, 404),
        ("GET", "/v1/items?limit=0", None, 422),
        ("GET", "/v1/trending?k=1000", None, 422),
        ("GET", "/v1/nothing", None, 404),
        ("GET", "/v1/recommend", None, 405),
        ("POST", "/v1/admin/models/v9999/promote", None, 404),
        ("PUT", "/v1/items/a/media/film", "x", 422),
        ("PUT", "/v1/items/a/media/image", "", 422),
    ],
)
def test_every_refusal_is_a_problem_that_names_no_value(http, method, address, content, status):
    said = problem(http.request(method, address, content=content), status)
    assert said["detail"]
    for error in said.get("errors", []):
        assert set(error) == {"where", "what"}


@pytest.mark.parametrize("file", ["../key", "/etc/passwd", "a/../../key", "http://x/a.png", "C:\\a.png", "a\0b", "~/a"])
def test_a_file_outside_of_the_tenants_folder_is_refused(http, file):
    body = {"id": "a", "media": {"image": [file]}}
    assert problem(http.put("/v1/items/a", json=body), 422)["errors"][0]["where"].startswith("body.media.image.0")
    http.put("/v1/items/a", json={"id": "a"})
    problem(http.patch("/v1/items/a", json={"media": {"image": [file]}}), 422)


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(http):
    same = {"Idempotency-Key": "first"}
    event = {"user": "u1", "item": "i1"}
    assert http.post("/v1/events", json=event, headers=same).json() == {"new": 1, "known": 0}
    assert http.post("/v1/events", json=event, headers=same).json() == {"new": 1, "known": 0}
    assert (
        "another request" in problem(http.post("/v1/events", json={**event, "value": 2}, headers=same), 422)["detail"]
    )
    problem(http.post("/v1/events", json=event, headers={"Idempotency-Key": "x" * 129}), 400)
    assert http.post("/v1/users", json=[{"id": "a"}], headers={"Idempotency-Key": "second"}).json() == {"users": 1}


def test_a_request_that_is_sent_again_meanwhile_waits_for_the_first(http):
    from concurrent.futures import ThreadPoolExecutor

    def post(_):
        return http.post("/v1/events", json={"user": "u1", "item": "i1", "kind": "twice"}, headers=same).json()

    same = {"Idempotency-Key": "together"}
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(post, range(6))) == [{"new": 1, "known": 0}] * 6
    assert [e["kind"] for e in http.get("/v1/users/u1/events").json()["events"]].count("twice") == 1


def test_a_body_needs_no_type_and_may_have_that_of_curl(http):
    for kind in ("application/x-www-form-urlencoded", None):
        headers = {} if kind is None else {"Content-Type": kind}
        got = http.post("/v1/recommend", content='{"user": "u1", "k": 2}', headers=headers)
        assert len(got.json()["items"]) == 2


def test_too_many_requests_are_put_off(service):
    from starlette.testclient import TestClient

    service.settings = ServeSettings(tick=0.05, requests_per_second=1)
    with TestClient(application(service)) as client:
        got = [client.get("/v1/items", headers={"X-API-Key": "reader"}) for _ in range(3)]
        assert [one.status_code for one in got] == [200, 200, 429]
        assert int(problem(got[2], 429)["status"]) == 429
        assert got[2].headers["retry-after"] == "1"
        assert client.get("/v1/items", headers={"X-API-Key": "all"}).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ServiceError("away"), 503),
        (MissingExtra("av", "video"), 501),
        (DataError("wrong"), 422),
        (TastemakerError("odd"), 500),
        (KeyError("secret user"), 500),
    ],
)
def test_errors_have_their_statuses_and_unforeseen_ones_tell_nothing(error, status):
    got = problems.of_error(error)
    assert got.status_code == status
    assert b"secret" not in got.body
    assert ("retry-after" in got.headers) == (status == 503)


def test_what_was_not_foreseen_is_a_problem_too(http, service, monkeypatch):
    def broken(*_):
        raise KeyError("secret user")

    monkeypatch.setattr(type(service.shop()), "items", broken)
    assert "secret" not in json.dumps(problem(http.get("/v1/items"), 500))


def test_a_store_that_does_not_answer_makes_it_not_ready(http, service, monkeypatch):
    def away():
        raise ServiceError("The data base does not answer.")

    monkeypatch.setattr(service.store, "check", away)
    got = http.get("/health/ready")
    assert "does not answer" in problem(got, 503)["detail"]
    assert got.headers["retry-after"] == "1"
    assert http.get("/health/live").status_code == 200
    assert http.get("/api/health/ready").status_code == 503


def test_the_addresses_that_are_asked_most_answer_as_the_framework_would(http, service, monkeypatch):
    """Past the framework or through it: the same statuses, problems and headers."""
    from starlette.testclient import TestClient

    def broken(*_):
        raise KeyError("secret user")

    bodies = ['{"user": "u1", "k": 3, "request": "r"}', "{", '{"userr": 1}', '{"k": 0}', "[]", "", "x" * 3000]
    keys = [{"X-API-Key": "all"}, {"X-API-Key": "writer"}, {"Authorization": "Bearer nobody"}, {}]

    def told(client):
        got = [client.post("/v1/recommend", content=body, headers=key) for key in keys for body in bodies]
        with monkeypatch.context() as patch:
            patch.setattr(Keys, "caller", broken)
            got.append(client.post("/v1/recommend", content=bodies[0]))
        return [(one.status_code, dict(one.headers), {**one.json(), "request": ""}) for one in got]

    del http.headers["X-API-Key"]
    quick = told(http)
    assert {status for status, _, _ in quick} == {200, 401, 403, 413, 422, 500}
    monkeypatch.setattr(app_module, "MOST_ASKED", ())
    with TestClient(application(service), raise_server_exceptions=False) as client:
        assert told(client) == quick

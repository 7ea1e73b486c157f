"""Who may do what."""

import asyncio

import pytest

from tastemaker.http.keys import Keys, digest
from tastemaker.http.limits import Rates
from tastemaker.http.problems import Problem

# method, address, body, the scope that it needs
ADDRESSES = [
    ("POST", "/v1/recommend", {"user": "u1"}, "read"),
    ("POST", "/v1/similar", {"item": "i1"}, "read"),
    ("GET", "/v1/trending", None, "read"),
    ("GET", "/v1/items", None, "read"),
    ("GET", "/v1/users/u1", None, "read"),
    ("POST", "/v1/items", [{"id": "i1"}], "write"),
    ("PATCH", "/v1/items/i1", {"title": "t"}, "write"),
    ("POST", "/v1/users", [{"id": "u1"}], "write"),
    ("POST", "/v1/events", {"user": "u1", "item": "i1"}, "write"),
    ("DELETE", "/v1/events?user=u1&item=i1", None, "write"),
    ("GET", "/v1/users/u1/export", None, "admin"),
    ("DELETE", "/v1/users/u1", None, "admin"),
    ("GET", "/v1/admin/models", None, "admin"),
    ("POST", "/v1/admin/keys", {"scopes": ["read"]}, "admin"),
]
HOLDERS = {"reader": {"read"}, "writer": {"write"}, "all": {"read", "write", "admin"}}


@pytest.mark.parametrize(("method", "address", "body", "scope"), ADDRESSES)
def test_each_address_needs_a_key_with_its_scope(bare, method, address, body, scope):
    for headers in ({}, {"X-API-Key": "unheard"}, {"Authorization": "Basic all"}):
        got = bare.request(method, address, json=body, headers=headers)
        assert got.status_code == 401
        assert got.headers["www-authenticate"] == "Bearer"
        assert got.headers["content-type"] == "application/problem+json"
    for key, scopes in HOLDERS.items():
        got = bare.request(method, address, json=body, headers={"Authorization": f"bearer {key}"})
        assert (got.status_code == 403) == (scope not in scopes), (key, got.text)
        assert got.status_code in {403, 200, 201}


def test_health_metrics_and_description_need_none(bare):
    for address in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/api/health/live"):
        assert bare.get(address).status_code == 200, address


def test_a_key_is_told_once_and_can_be_taken_away(http, service):
    made = http.post("/v1/admin/keys", json={"scopes": ["read"], "label": "shop window"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert http.get("/v1/items", headers={"X-API-Key": key}).status_code == 200
    assert http.post("/v1/users", json=[{"id": "a"}], headers={"X-API-Key": key}).status_code == 403
    assert service.store.key(digest(key)) == ("default", ("read",))
    assert http.delete(f"/v1/admin/keys/{key}").status_code == 204
    fresh = Keys(service.store)
    with pytest.raises(Problem, match="taken away"):
        asyncio.run(fresh.caller(http.build_request("GET", "/", headers={"X-API-Key": key}), "read"))


def test_rights_are_remembered_for_two_seconds_and_no_more_keys_than_may_be(bare, service, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("tastemaker.http.keys.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("tastemaker.http.keys.MOST", 2)
    keys = Keys(service.store)

    def caller(key):
        return asyncio.run(keys.caller(bare.build_request("GET", "/", headers={"X-API-Key": key}), "read"))

    assert caller("reader").tenant == "default"
    service.store.put_key(digest("reader"), "default", [])
    assert caller("reader").scopes == ("read",)
    clock[0] += 3
    with pytest.raises(Problem, match="taken away"):
        caller("reader")
    for key in ("all", "other", "all"):
        caller(key)
    assert len(keys._known) <= 2


def test_one_tenant_sees_nothing_of_another(http):
    other = {"X-API-Key": "other"}
    http.put("/v1/items/mine", json={"id": "mine"})
    http.post("/v1/events", json={"user": "u1", "item": "mine"})
    assert http.get("/v1/items", headers=other).json()["items"] == []
    assert http.get("/v1/items/mine", headers=other).status_code == 404
    assert http.get("/v1/users/u1/events", headers=other).json()["events"] == []
    assert http.get("/v1/users/u1/export", headers=other).json()["events"] == []
    assert http.get("/v1/admin/models", headers=other).json()["models"] == []
    assert http.delete("/v1/items/mine", headers=other).status_code == 404
    assert http.put("/v1/items/mine", json={"id": "mine", "title": "theirs"}, headers=other).status_code == 200
    assert http.get("/v1/items/mine").json()["title"] == ""
    got = http.post("/v1/recommend", json={"user": "u1"}, headers=other)
    assert got.status_code == 500 or got.status_code == 503
    assert "has no model" in got.json()["detail"]


def test_keys_of_other_tenants_are_made_by_the_first_ones_admins_alone(http):
    asked = {"scopes": ["read"], "tenant": "default"}
    assert http.post("/v1/admin/keys", json=asked, headers={"X-API-Key": "other"}).status_code == 403
    made = http.post("/v1/admin/keys", json={**asked, "tenant": "third"})
    assert made.status_code == 201
    address = f"/v1/admin/keys/{made.json()['key']}"
    assert http.delete(address, headers={"X-API-Key": "other"}).status_code in {403, 404}
    assert http.delete(address).status_code == 204
    assert http.delete(address).status_code == 404
    assert http.post("/v1/admin/keys", json={**asked, "tenant": "../x"}).status_code == 422


def test_the_same_idempotency_key_of_two_callers_is_two(http):
    same = {"Idempotency-Key": "k"}
    http.post("/v1/users", json=[{"id": "a"}, {"id": "b"}], headers=same)
    assert http.post("/v1/users", json=[{"id": "a"}], headers={**same, "X-API-Key": "other"}).json() == {"users": 1}


def test_a_bucket_fills_again(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("tastemaker.http.limits.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("tastemaker.http.limits.MOST", 1)
    rates = Rates(2.0)
    for _ in range(4):
        rates.take("a")
    with pytest.raises(Problem) as refused:
        rates.take("a")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    clock[0] += 0.5
    rates.take("a")
    rates.take("b")
    assert len(rates._buckets) == 1
    Rates(0.0).take("a")

"""Several shops in one service: one without a model, one whose model is opened while others are answered."""

import threading
import time

import pytest

from tastemaker.serving import service as services

OTHER = {"X-API-Key": "other"}
ASKED = [
    ("POST", "/v1/recommend", {"user": "u1"}),
    ("POST", "/v1/similar", {"item": "i1"}),
    ("POST", "/v1/search", {"text": "soup"}),
    ("GET", "/v1/trending", None),
    ("GET", "/api/recommend/u1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_shop_without_a_model_is_told_so(http, method, path, body):
    found = http.request(method, path, json=body, headers=OTHER)
    assert found.status_code == 503
    assert "no model" in found.json()["detail"]


def test_a_shop_without_a_model_takes_events_items_and_users(http):
    assert http.post("/v1/events", json={"user": "a", "item": "b"}, headers=OTHER).json() == {"new": 1, "known": 0}
    assert http.put("/v1/items/b", json={"id": "b"}, headers=OTHER).status_code == 200
    assert http.get("/v1/users/a", headers=OTHER).status_code == 200
    assert http.get("/v1/users/a").status_code == 404


def test_others_are_answered_while_a_model_is_opened(http, service, monkeypatch):
    opening, go_on = threading.Event(), threading.Event()
    keeper = services.Keeper

    def slow(shop, home, settings):
        opening.set()
        assert go_on.wait(20)
        return keeper(shop, home, settings)

    monkeypatch.setattr(services, "Keeper", slow)
    asking = threading.Thread(target=lambda: http.get("/v1/trending", headers=OTHER))
    asking.start()
    assert opening.wait(20)
    began = time.monotonic()
    assert http.post("/v1/recommend", json={"user": "u1"}).status_code == 200
    assert time.monotonic() - began < 15
    go_on.set()
    asking.join()


def test_lists_that_were_made_without_the_model_are_counted(http, service, monkeypatch):
    def broken(*_):
        raise RuntimeError("out of order")

    def count():
        lines = http.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("tastemaker_degraded_lists_total"))

    before = count()
    monkeypatch.setattr(service.keeper().engine.live.scorer, "ask", broken)
    found = http.post("/v1/recommend", json={"user": "u1", "k": 3}).json()
    assert found["degraded"]
    assert len(found["items"]) == 3
    assert count() == before + 1
    service.keeper().lost = 7
    assert "tastemaker_lost_lists 7.0" in http.get("/metrics").text

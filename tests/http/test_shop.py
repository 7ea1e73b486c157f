"""Items, users and events by their addresses."""

import time

import pytest

from tastemaker.serving import beside


def listed(http, user="u1", **ask):
    return [one["item"] for one in http.post("/v1/recommend", json={"user": user, "k": 24, **ask}).json()["items"]]


def test_pages_lead_through_all_items_and_users(http):
    for what, name in (("items", "items"), ("users", "users")):
        found, cursor = [], ""
        for _ in range(20):
            page = http.get(f"/v1/{what}", params={"limit": 7, "cursor": cursor}).json()
            found += [row["id"] for row in page[name]]
            cursor = page["next"]
            if not cursor:
                break
        assert len(found) == len(set(found)) == {"items": 24, "users": 30}[what]
        assert found == sorted(found)


def test_an_item_is_what_was_put_and_changes_as_told(http):
    item = {
        "id": "a/b",
        "title": "Boat",
        "texts": ["mast"],
        "media": {"image": ["x.png"]},
        "attributes": {"price": 3.5, "new": True, "tags": ["p", "q"]},
        "hidden": False,
        "stock": 2,
        "expires": 4e9,
    }
    put = http.put("/v1/items/a%2Fb", json=item).json()
    created = put.pop("created")
    assert put == item
    assert abs(created - time.time()) < 60
    changed = http.patch("/v1/items/a/b", json={"title": "Ship", "stock": None, "texts": []}).json()
    assert changed == {**item, "title": "Ship", "stock": None, "texts": [], "created": created}
    assert http.post("/v1/items", json=[{**item, "expires": "2096-10-02T07:06:40Z"}]).json() == {"items": 1}
    assert http.get("/v1/items/a/b").json() == {**item, "created": created}
    assert http.delete("/v1/items/a/b").status_code == 204
    assert http.get("/v1/items/a/b").status_code == 404


@pytest.mark.parametrize(
    "change", [{"hidden": True}, {"expires": 1.0}, {"stock": 0}, {"expires": "2020-01-01"}, "delete"]
)
def test_what_may_not_be_listed_vanishes_at_once_from_every_list(http, change):
    first = listed(http)[0]
    if change == "delete":
        http.delete(f"/v1/items/{first}")
    else:
        http.patch(f"/v1/items/{first}", json=change)
    assert first not in listed(http)
    assert first not in listed(http, "a stranger")
    other = "i1" if first != "i1" else "i4"
    for address, body in (("similar", {"item": other, "k": 24}), ("bought-together", {"item": other, "k": 24})):
        assert first not in [one["item"] for one in http.post(f"/v1/{address}", json=body).json()["items"]]
    for address in ("trending?k=24", "onboarding?k=24"):
        assert first not in [one["item"] for one in http.get(f"/v1/{address}").json()["items"]]
    if change != "delete":
        http.patch(f"/v1/items/{first}", json={"hidden": False, "expires": None, "stock": 1})
        assert first in listed(http)


def test_an_event_is_in_the_very_next_list_and_can_be_taken_back(http):
    got = http.post("/v1/recommend", json={"user": "new", "k": 3, "explain": True}).json()
    first = got["items"][0]["item"]
    events = [{"user": "new", "item": first, "kind": "like", "id": "e1", "request": got["request"]}]
    assert http.post("/v1/events", json=events[0]).json() == {"new": 1, "known": 0}
    assert http.post("/v1/events", json=events).json() == {"new": 0, "known": 1}
    after = http.post("/v1/recommend", json={"user": "new", "k": 3}).json()
    assert first not in [one["item"] for one in after["items"]]
    assert after["items"][0]["source"] == "model"
    assert first in listed(http, "new", repeat=True)
    (kept,) = http.get("/v1/users/new/events").json()["events"]
    assert (kept["item"], kept["request"]) == (first, got["request"])
    assert http.delete("/v1/events", params={"user": "new", "item": first, "kind": "like"}).json() == {"events": 1}
    assert first in listed(http, "new")


def test_a_visitor_is_served_by_his_session_and_by_examples(http):
    session = [{"item": item, "kind": "like"} for item in ("i2", "i5")]
    for asked in ({"user": "", "events": session}, {"user": "", "items": ["i2", "i5"]}):
        found = http.post("/v1/recommend", json={**asked, "k": 4}).json()["items"]
        assert [int(one["item"][1:]) % 3 for one in found].count(2) >= 3


def test_of_who_is_not_to_be_profiled_nothing_is_used(http, service):
    http.post("/v1/users", json=[{"id": "shy", "profiling": False}, {"id": "open"}])
    for user in ("shy", "open"):
        http.post("/v1/events", json=[{"user": user, "item": item, "kind": "like"} for item in ("i0", "i3", "i6")])
    shy, anyone = listed(http, "shy"), listed(http, "a stranger")
    assert shy == [item for item in anyone if item not in {"i0", "i3", "i6"}]
    assert listed(http, "open") != shy
    assert "shy" not in service.shop().snapshot().users.ids
    assert http.get("/v1/users/shy").json()["profiling"] is False
    http.put("/v1/users/shy", json={"id": "shy", "attributes": {"age": 3}})
    assert http.get("/v1/users/shy").json() | {"created": 0} == {
        "id": "shy",
        "attributes": {"age": 3.0},
        "profiling": False,
        "created": 0,
    }
    http.put("/v1/users/shy", json={"id": "shy", "profiling": True})
    assert http.get("/v1/users/shy").json()["profiling"] is True


def test_an_erased_user_is_nowhere(http, service):
    http.post("/v1/events", json={"user": "gone", "item": "i1", "kind": "like"})
    http.post("/v1/recommend", json={"user": "gone"})
    time.sleep(0.2)
    kept = http.get("/v1/users/gone/export").json()
    assert len(kept["events"]) == 1
    assert http.delete("/v1/users/gone").json()["rows"] >= 2
    after = http.get("/v1/users/gone/export").json()
    assert not any(after[name] for name in ("events", "shown") if name in after)
    assert http.get("/v1/users/gone").status_code == 404
    assert b"gone" not in b"".join(path.read_bytes() for path in service.home.folder.glob("store.db*"))


def test_lists_given_out_are_kept_with_what_made_them(http, service):
    got = http.post("/v1/recommend", json={"user": "u1", "k": 3, "filter": "price < 25"}).json()
    end = time.monotonic() + 20
    while not (kept := service.shop().shown()) and time.monotonic() < end:
        time.sleep(0.02)
    assert (kept[0].request, kept[0].user, kept[0].model) == (got["request"], "u1", "v0001")
    assert list(kept[0].items) == [one["item"] for one in got["items"]]


def test_models_are_listed_and_promoted(http):
    (version,) = http.get("/v1/admin/models").json()["models"]
    assert (version["name"], version["state"]) == ("v0001", "live")
    assert http.post("/v1/admin/models/v0001/promote").json()["state"] == "live"
    assert http.post("/v1/recommend", json={"user": "u1", "k": 1}).json()["model"] == "v0001"


def test_what_it_does_is_counted_by_the_patterns_of_addresses(http):
    http.get("/v1/items/i3")
    http.get("/wp-admin.php")
    said = http.get("/metrics").text
    assert 'route="/v1/items/{name' in said
    assert "i3" not in said
    assert "wp-admin" not in said
    assert 'tastemaker_answers_total{method="any",route="none",status="404"}' in said


def test_ratings_are_predicted_by_what_the_user_did(http, monkeypatch):
    histories = []
    monkeypatch.setattr(beside, "ratings", lambda live, items, query: histories.append(query.history) or [1.0])
    assert http.post("/v1/events", json={"user": "rater", "item": "i1", "kind": "like"}).status_code == 200
    assert http.post("/v1/rate", json={"user": "rater", "items": ["i2"]}).json()["ratings"][0]["rating"] == 1
    assert [len(history) for history in histories] == [1]

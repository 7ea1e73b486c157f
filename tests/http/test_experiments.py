"""Experiments of a service that runs."""

import shutil
from collections import Counter

import pytest

from running import fitted, running, until
from tastemaker.core import Run
from tastemaker.data.read import read
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

BOTH = {"control": 1.0, "other": 1.0}


@pytest.fixture(scope="module")
def client_and_service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiments")
    with running(fitted(folder / "shop", folder / "shop.tm", users=60)) as (service, client):
        data = read(folder / "shop").data
        Pipeline(RECOMMENDERS.build("popular")).fit(data, run=Run()).save(folder / "popular.tm")
        service.home.register(service.shop(), folder / "popular.tm", {})
        yield client, service


@pytest.fixture
def client(client_and_service):
    client, service = client_and_service
    yield client
    assert client.put("/v1/admin/experiments", json=[]).status_code == 200
    assert service.keeper().engine.live.version == "v0001"


def lists(client, users, **more):
    found = [client.post("/v1/recommend", json={"user": user, "k": 5, **more}) for user in users]
    assert {one.status_code for one in found} == {200}
    return [one.json() for one in found]


USERS = [f"u{n}" for n in range(60)]


def test_each_arm_is_served_by_its_own_version(client):
    one = {"name": "model", "arms": BOTH, "settings": {"other": {"model": "v0002"}}}
    assert client.put("/v1/admin/experiments", json=[one]).json()["experiments"][0]["name"] == "model"
    found = lists(client, USERS)
    by_arm = Counter((one["arms"]["model"], one["model"]) for one in found)
    assert set(by_arm) == {("control", "v0001"), ("other", "v0002")}
    assert min(by_arm.values()) > 15
    again = lists(client, USERS)
    assert [one["arms"] for one in again] == [one["arms"] for one in found]


def test_an_arm_sets_what_a_scenario_has(client):
    one = {"name": "only", "arms": BOTH, "settings": {"other": {"filter": "price < 10", "diversity": 0.2}}}
    client.put("/v1/admin/experiments", json=[one])
    for found in lists(client, USERS):
        prices = [5 + int(item["item"][1:]) for item in found["items"]]
        if found["arms"]["only"] == "other":
            assert max(prices, default=0) < 10
    assert any(max(5 + int(i["item"][1:]) for i in found["items"]) >= 10 for found in lists(client, USERS))


def test_visits_are_given_arms_where_they_are_the_unit(client):
    client.put("/v1/admin/experiments", json=[{"name": "visit", "arms": BOTH, "unit": "session"}])
    arms = {lists(client, [""], session=f"s{n}")[0]["arms"]["visit"] for n in range(20)}
    assert arms == set(BOTH)
    assert lists(client, ["u1"])[0]["arms"] == {}


def test_what_cannot_be_served_is_refused(client):
    def put(**settings):
        one = {"name": "e", "arms": BOTH, "settings": {"other": settings}}
        return client.put("/v1/admin/experiments", json=[one])

    assert put(model="v0077").status_code == 422
    assert "no setting 'diversty'" in put(diversty=1).json()["detail"]
    assert put(diversity=7).status_code == 422
    two = [{"name": n, "arms": BOTH, "settings": {"other": {"diversity": 0.1}}} for n in "ab"]
    assert client.put("/v1/admin/experiments", json=two).status_code == 422
    assert client.put("/v1/admin/experiments", json=[{"name": "e", "arms": {"control": 1}}]).status_code == 422
    unknown = [{"name": "e", "arms": BOTH, "metrics": ["joy"]}]
    assert client.put("/v1/admin/experiments", json=unknown).status_code == 422
    assert client.get("/v1/admin/experiments").json() == {"experiments": []}


def test_what_an_experiment_has_shown_is_told(client, client_and_service):
    shop = client_and_service[1].shop()
    client.put("/v1/admin/experiments", json=[{"name": "clicks", "arms": BOTH, "metrics": ["click_through"]}])
    found = lists(client, USERS)
    clicks = [
        {"user": user, "item": one["items"][0]["item"], "kind": "click", "request": one["request"]}
        for user, one in zip(USERS, found, strict=True)
        if one["arms"]["clicks"] == "other"
    ]
    for click in clicks:
        assert client.post("/v1/events", json=click).status_code == 200
    until(lambda: sum("clicks" in one.arms for one in shop.shown()) == 60)
    analysis = client.get("/v1/admin/experiments/clicks").json()
    assert sum(analysis["units"].values()) == 60
    (figure,) = analysis["figures"]
    assert (figure["control"], figure["value"]) == (0, 1)
    assert client.get("/v1/admin/experiments/none").status_code == 404


def test_two_arms_are_drafted_into_one_list_and_the_chosen_one_is_preferred(client, client_and_service):
    shop = client_and_service[1].shop()
    one = {"name": "duel", "arms": BOTH, "settings": {"other": {"model": "v0002"}}, "interleave": True}
    assert client.put("/v1/admin/experiments", json=[one]).status_code == 200
    assert client.get("/v1/admin/experiments/duel").status_code == 422
    found = lists(client, USERS * 2, k=6)
    for user, answer in zip(USERS * 2, found, strict=True):
        assert answer["arms"] == {"duel": "both"}
        items = [item["item"] for item in answer["items"]]
        assert len(set(items)) == 6
        teams = [item["source"].split("/")[0] for item in answer["items"]]
        assert teams.count("other") == teams.count("control") == 3
        click = {"user": user, "kind": "click", "request": answer["request"], "item": items[teams.index("other")]}
        assert client.post("/v1/events", json=click).status_code == 200
    until(lambda: sum("duel" in one.arms for one in shop.shown()) == 120)
    told = client.get("/v1/admin/experiments/duel").json()
    assert (told["arm"], told["other"], told["lists"]) == ("control", "other", 120)
    assert told["preference"]["mean"] == -1
    assert all(0 < p <= 1 for one in shop.shown() if "duel" in one.arms for p in one.propensities)
    two = [one, {**one, "name": "duel2", "settings": {}}]
    assert client.put("/v1/admin/experiments", json=two).status_code == 422
    three = {**one, "arms": {**BOTH, "third": 1}}
    assert client.put("/v1/admin/experiments", json=[three]).status_code == 422


def test_an_experiment_whose_version_is_gone_is_not_served(client_and_service, client):
    service = client_and_service[1]
    folder = service.home.models("default") / "v0002"
    one = {"name": "gone", "arms": BOTH, "settings": {"other": {"model": "v0002"}}}
    client.put("/v1/admin/experiments", json=[])
    shutil.move(folder, folder.with_name("aside"))
    assert client.put("/v1/admin/experiments", json=[one]).status_code == 422
    from tastemaker.serving.experiments import experiment_of, write_experiments

    write_experiments(service.shop(), [experiment_of(one)])
    service.keeper().look()
    assert lists(client, ["u1"])[0]["arms"] == {}
    shutil.move(folder.with_name("aside"), folder)
    service.shop().note("experiments", [{"arms": 3}])  # damaged: the service goes on without
    service.keeper().look()
    assert lists(client, ["u1"])[0]["arms"] == {}


def test_the_policy_without_exploration_is_judged_by_what_was_logged(client, client_and_service):
    shop = client_and_service[1].shop()
    for _ in range(3):
        found = lists(client, USERS, explore=0.4)
        for user, one in zip(USERS, found, strict=True):
            click = {"user": user, "item": one["items"][4]["item"], "kind": "click", "request": one["request"]}
            assert client.post("/v1/events", json=click).status_code == 200
    until(lambda: sum(min(one.propensities) < 1 for one in shop.shown() if not one.arms) == 180)
    judged = client.get("/v1/admin/off-policy", params={"kinds": "click"}).json()
    assert {value["name"] for value in judged["target"]} == {"ips", "snips", "dr"}
    assert all(value["low"] <= value["mean"] <= value["high"] for value in judged["target"])
    assert client.get("/v1/admin/off-policy", params={"kinds": "click", "since": 4e9}).status_code == 422

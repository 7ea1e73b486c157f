"""Versions of the model of a service that runs."""

import shutil
import threading

import pytest

from running import fitted, running, until
from tastemaker.actions.life import Place, TrainRequest, models, train
from tastemaker.serving.life import Gate


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return fitted(folder / "shop", folder / "shop.tm")


@pytest.fixture
def saved(model, tmp_path):
    shutil.copytree(model, tmp_path / "shop.tm")
    return tmp_path / "shop.tm"


def served(client):
    answer = client.post("/v1/recommend", json={"user": "u1", "k": 3})
    return answer.json()["model"] if answer.status_code == 200 else answer.text


def popular(saved):
    """Another version, trained beside the service."""
    settings = saved.with_name("popular.toml")
    settings.write_text('model = "popular"\nencoders = []\n')
    return train(TrainRequest(Place(saved.with_suffix(".service")), settings, Gate(tolerance=0.99))).version


def test_a_version_trained_beside_a_service_is_served_without_a_dropped_request(saved):
    with running(saved) as (_, client):
        answers, ended = [], threading.Event()

        def ask():
            while not ended.is_set():
                answers.append(served(client))

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        place = Place(saved.with_suffix(".service"))
        assert popular(saved).state == "live"
        until(lambda: served(client) == "v0002")
        for _ in range(2):
            models(place, "rollback")
            until(lambda: served(client) == "v0001")
            models(place, "promote", "v0002")
            until(lambda: served(client) == "v0002")
        ended.set()
        for asker in askers:
            asker.join()
    assert set(answers) == {"v0001", "v0002"}
    assert len(answers) > 50


def test_versions_are_promoted_and_rolled_back_over_http(saved):
    popular_version = "v0002"
    with running(saved) as (service, client):
        popular(saved)
        until(lambda: served(client) == popular_version)
        for _ in range(2):  # the second is the same call again
            back = client.post("/v1/admin/models/rollback", headers={"Idempotency-Key": "back"}).json()
            assert (back["name"], back["state"]) == ("v0001", "live")
        assert served(client) == "v0001"
        assert client.post("/v1/admin/models/rollback").status_code == 409
        assert client.post("/v1/admin/models/v0002/promote").json()["figures"]["before"] == "v0001"
        assert served(client) == popular_version
        assert client.post("/v1/admin/models/v9/promote").status_code == 404
        states = [one["state"] for one in client.get("/v1/admin/models").json()["models"]]
        assert states == ["retired", "live"]
        shutil.rmtree(service.home.models("default") / "v0001")
        assert client.post("/v1/admin/models/v0001/promote").status_code == 409
        assert served(client) == popular_version

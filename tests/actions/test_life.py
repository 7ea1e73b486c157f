"""Training from a store, over its whole life."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from shop import call, call_json, write_shop
from tastemaker.actions.life import Place, TrainRequest, models, train, update
from tastemaker.core import DataError, Run, SavedError, ServiceError, UnknownName
from tastemaker.data.read import read
from tastemaker.pipeline import load
from tastemaker.serving.actions import read_heads
from tastemaker.serving.home import live_of, promote
from tastemaker.serving.life import Gate
from tastemaker.storage.base import Event, Item, Shown
from tastemaker.storage.seed import seed

SETTINGS = 'encoders = ["attributes"]\nmodel = "item_knn"\nfusion = {name = "weighted", weights = {attributes = 1.0}}\n'
EASY = Gate(tolerance=0.9)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "shop.service")
    with place.open() as (shop, home):
        seed(shop, read(write_shop(tmp_path / "shop")).data, Run())
        (home.folder / "tastemaker.toml").write_text(SETTINGS)
    return place


def go_on(place, n, time=1_600_000_000):
    """Everybody likes another item of his topic."""
    events = [
        Event(f"u{u}", f"i{(u % 3 + 3 * (n + u // 3)) % 24}", "like", 1.0, time + n * 1000 + u, f"{n} {u}")
        for u in range(30)
    ]
    with place.open() as (shop, _):
        shop.append(events)


def live(place):
    with place.open() as (shop, _):
        return live_of(shop)


def test_the_first_version_is_live_and_knows_what_it_learned_from(place):
    born = train(TrainRequest(place))
    version = live(place)
    assert (version.name, version.state) == ("v0001", "live")
    assert version.figures["candidate"]["ndcg"]["mean"] > 0.2
    assert "the first version" in born.text()
    assert born.to_json()["version"]["figures"]["model"]["name"] == "item_knn"
    assert len(load(version.folder).recommend(["u0"], 3).items[0]) == 3


def test_what_came_after_the_live_version_judges_the_next_one(place):
    train(TrainRequest(place))
    go_on(place, 0)
    found = train(TrainRequest(place, gate=Gate(least=10))).version
    assert found.figures["against"] == "v0001 as it serves"
    assert found.figures["since"] >= 1_600_000_000
    assert set(found.figures["difference"]) >= {"ndcg", "recall"}


def test_where_little_came_the_live_settings_learn_anew_from_what_came_before(place, tmp_path):
    train(TrainRequest(place))
    go_on(place, 0)
    other = tmp_path / "popular.toml"
    other.write_text('model = "popular"\nencoders = []\n')
    found = train(TrainRequest(place, other, Gate(share=0.3, least=1000))).version
    assert found.state == "rejected"
    assert "learned anew" in found.figures["against"]
    assert found.figures["live"]["ndcg"]["mean"] > found.figures["candidate"]["ndcg"]["mean"]
    assert live(place).name == "v0001"


def test_an_update_learns_the_same_settings_anew(place):
    train(TrainRequest(place))
    go_on(place, 0)
    found = update(TrainRequest(place, gate=Gate(share=0.3)))
    assert found.version.state == "live"
    assert found.version.figures["model"]["name"] == "item_knn"
    assert found.version.figures["difference"]["ndcg"]["mean"] == 0  # the same settings, learned before the cut
    known = load(found.version.folder).data.interactions
    assert known.time.max() >= 1_600_000_000


def test_an_update_of_a_search_takes_what_was_found(place, tmp_path):
    auto = tmp_path / "auto.toml"
    auto.write_text('model = {name = "auto", models = ["popular", "item_knn"]}\nencoders = []\n')
    train(TrainRequest(place, auto))
    go_on(place, 0)
    assert update(TrainRequest(place)).version.figures["model"]["name"] == "fallback"


def test_nothing_is_learned_where_nothing_happened(place):
    train(TrainRequest(place))
    found = update(TrainRequest(place))
    assert found.version is None
    assert "stays" in found.text()
    assert found.to_json()["version"] is None


def test_items_that_came_later_are_placed_for_the_live_version_too(place):
    train(TrainRequest(place))
    with place.open() as (shop, _):
        shop.put_items([Item("new", "soup", attributes={"category": "small", "price": 11.0})])
        shop.append([Event(f"u{u}", "new", "like", 1.0, 1_600_000_000 + u, f"new {u}") for u in range(0, 30, 3)])
        shop.append([Event(f"u{u}", "i1", "like", 1.0, 1_600_000_100 + u, f"i1 {u}") for u in range(30)])
    found = train(TrainRequest(place, gate=Gate(least=5))).version
    assert found.figures["live"]["recall"]["mean"] > 0.3


def test_an_update_without_a_model_is_refused(place):
    with pytest.raises(DataError, match="tastemaker train"):
        update(TrainRequest(place))


def test_one_training_runs_at_a_time(place):
    from tastemaker.actions.life import _alone

    with place.open() as (shop, home), _alone(home, shop), pytest.raises(ServiceError, match="Another training"):
        train(TrainRequest(place))


def test_old_folders_go_but_never_those_that_are_needed(place):
    train(TrainRequest(place))
    for n in range(3):
        go_on(place, n)
        removed = update(TrainRequest(place, gate=replace(EASY, keep=1))).removed
    assert removed == ("v0002",)
    with place.open() as (shop, home):
        there = sorted(path.name for path in home.models("default").glob("v*"))
        assert there == ["v0003", "v0004"]
        with pytest.raises(SavedError):
            promote(shop, shop.versions()[0])
    assert live(place).name == "v0004"


def test_rolling_back_goes_back_step_by_step(place):
    train(TrainRequest(place))
    go_on(place, 0)
    update(TrainRequest(place, gate=EASY))
    go_on(place, 1)
    update(TrainRequest(place, gate=EASY))
    assert models(place, "rollback").versions[1].state == "live"
    models(place, "rollback")
    assert live(place).name == "v0001"
    with pytest.raises(DataError, match="live before"):
        models(place, "rollback")
    models(place, "promote", "v0003")
    models(place, "promote", "v0003")
    models(place, "rollback")
    assert live(place).name == "v0001"
    with pytest.raises(UnknownName):
        models(place, "promote", "v9")


def test_a_version_that_an_experiment_serves_keeps_its_folder(place):
    from tastemaker.serving.experiments import Experiment, write_experiments

    train(TrainRequest(place))
    with place.open() as (shop, _):
        arms = {"control": 1.0, "old": 1.0}
        write_experiments(shop, [Experiment(name="e", arms=arms, settings={"old": {"model": "v0001"}})])
    for n in range(3):
        go_on(place, n)
        update(TrainRequest(place, gate=replace(EASY, keep=1)))
    assert (place.home / "models" / "default" / "v0001").is_dir()


def test_actions_are_learned_from_lists_that_were_answered(place):
    lists = [
        Shown(f"r{n}", f"u{n % 30}", 1.6e9 + n, "v1", "", {}, ("i1", "i2"), (1.0, 1.0), (1.0, 1.0), ("model",) * 2)
        for n in range(60)
    ]
    with place.open() as (shop, _):
        shop.show(lists)
        shop.append([Event(s.user, "i2", "click", time=s.time + 1, id=s.request, request=s.request) for s in lists])
    assert "learn actions" in train(TrainRequest(place)).seconds
    with place.open() as (shop, _):
        heads = read_heads(shop)
    assert heads.actions == ("click",)
    assert heads.shares["i2"][0] > heads.shares["i1"][0]


def test_the_commands_say_the_same(place, capsys):
    home = ("--home", place.home)
    assert "no version yet" in call(capsys, "models", *home)[1]
    assert call_json(capsys, "train", *home)["version"]["name"] == "v0001"
    go_on(place, 0)
    assert "v0002 is live" in call(capsys, "update", *home, "--quiet", "--tolerance", "0.9")[1]
    assert "v0002  live" in call(capsys, "models", "list", *home)[1]
    assert "v0001  live" in call(capsys, "models", "rollback", *home)[1]
    assert "v0002  live" in call(capsys, "models", "promote", "v0002", *home)[1]
    code, _, err = call(capsys, "models", "promote", "v7", *home)
    assert (code, err.startswith("error: There is no version called 'v7'")) == (2, True)
    assert call(capsys, "train", *home, "--tolerance", "-1")[0] == 2
    assert call(capsys, "train", *home, "--every", "soon")[0] == 2


def test_a_repeated_training_goes_on_after_an_error_and_stops_cleanly(tmp_path):
    home = tmp_path / "empty.service"
    words = [sys.executable, "-m", "tastemaker.cli", "train", "--home", str(home), "--every", "1h"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert "error: The tenant 'default' has no events" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "stopped" in err


def test_a_repeated_update_waits_for_its_time(place, capsys, monkeypatch):
    train(TrainRequest(place))
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("tastemaker.cli.life.time.sleep", sleep)
    code, out, err = call(capsys, "update", "--home", place.home, "--every", "1h")
    signal.signal(signal.SIGTERM, before)
    assert code == 0
    assert out.count("it stays") == 2
    assert "stopped" in err
    assert all(3500 < wait <= 3600 for wait in waits)


def test_another_tenant_has_its_own_models(place):
    with pytest.raises(DataError, match="'other'"):
        train(TrainRequest(replace(place, tenant="other")))

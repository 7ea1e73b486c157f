"""Keeping up: new items, other processes, promoted models."""

import threading
import time

import pytest

import tastemaker as tm
from tastemaker.core import DataError, SavedError, ServiceError, TastemakerError
from tastemaker.models.popular import Popular
from tastemaker.serving import beside
from tastemaker.serving.ask import Ask
from tastemaker.serving.engine import Engine
from tastemaker.serving.home import Home, promote
from tastemaker.serving.placing import Placer
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Event, Item


def until(what, seconds=30.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_new_item_is_recommended_by_its_content_without_training(service, keeper):
    shop, live = service.shop(), keeper.engine.live
    shop.put_items([Item("new", "soup kitchen", ("bread oven butter onion dinner",))])
    service.written("default")
    row = live.row("new")
    until(lambda: row < len(live.space.joint) and live.space.joint[row].any())
    (found,) = keeper.engine.recommend([Ask(user="u0", k=24)])
    assert "new" in [listed.item for listed in found.items if listed.source == "model"]
    shop.append([Event("stranger", "new", "like", time=time.time())])
    (after,) = keeper.engine.recommend([Ask(user="stranger", k=4)])
    assert after.items[0].source == "model"
    assert "new" not in [listed.item for listed in after.items]


def test_what_another_process_wrote_is_seen(service, keeper, saved, tmp_path):
    other = open_service(None, None, tmp_path / "home", ServeSettings())
    other.shop().put_items([Item("i3", hidden=True)])
    other.shop().append([Event("u0", "i6", "purchase", time=time.time())])
    until(lambda: keeper.engine.live.columns.view().version and not beside.open_items(keeper.engine.live, 0)[3])
    until(lambda: keeper.engine.live.pulse.trend(24)[6] > 0)
    other.close()


def test_another_version_answers_once_it_is_promoted(service, keeper, saved, tmp_path):
    pipeline = tm.load(saved)
    pipeline.model = Popular().fit(pipeline.data)
    pipeline.save(tmp_path / "popular.tm")
    version = service.home.register(service.shop(), tmp_path / "popular.tm", {"why": "a test"})
    assert keeper.engine.live.version == "v0001"
    promote(service.shop(), version)
    until(lambda: keeper.engine.live.version == "v0002")
    assert [v.state for v in service.shop().versions()] == ["retired", "live"]
    (found,) = keeper.engine.recommend([Ask(user="u1", k=3)])
    assert found.model == "v0002"


def test_the_same_pipeline_is_adopted_once(service, saved):
    again = service.home.adopt(service.shop(), saved)
    assert again.name == "v0001"
    assert len(service.shop().versions()) == 1


def test_seeding_happens_once(service, saved, tmp_path):
    n = service.shop().last_event()
    open_service(saved, None, tmp_path / "home", ServeSettings()).close()
    assert service.shop().last_event() == n
    assert len(service.shop().snapshot().interactions) == len(tm.load(saved).data.interactions)


def test_a_tenant_without_a_model_says_so(service):
    with pytest.raises(TastemakerError, match="has no model"):
        service.keeper("another")


def test_a_folder_that_is_no_pipeline_is_refused(tmp_path):
    with pytest.raises(SavedError, match="no saved pipeline"):
        open_service(tmp_path, None, tmp_path / "home", ServeSettings())
    with pytest.raises(TastemakerError, match="Name a saved pipeline"):
        open_service(None, None, None, ServeSettings())
    assert Home.beside(tmp_path / "shop.tm").folder.name == "shop.service"


def test_a_process_that_dies_is_replaced(saved, tmp_path):
    placer = Placer(saved, tmp_path)
    placer.start()
    placer._process.kill()
    placer._process.wait()
    assert placer.place([Item("a", "soup")])["tfidf"].present[0]
    assert placer.place([Item("b")]) == {}
    placer._command[-2] = str(tmp_path)
    placer._process.kill()
    with pytest.raises(ServiceError, match="could not be encoded"):
        placer.place([Item("a", "soup")])
    placer.close()


def test_neighbours_searches_and_newcomers(keeper):
    live = keeper.engine.live
    allowed = beside.open_items(live, time.time())
    like = beside.like_item(live, "i0", 3, allowed)
    assert [int(one.item[1:]) % 3 for one in like] == [0, 0, 0]
    assert "i0" not in [one.item for one in like]
    assert [int(one.item[1:]) % 3 for one in beside.together(live, "i0", 3, allowed)] == [0, 0, 0]
    found = beside.found_by(live, keeper.encode(Item("query", texts=("comet telescope orbit",))), 3, allowed)
    assert int(found[0].item[1:]) % 3 == 2
    with pytest.raises(DataError, match="Nothing in it"):
        beside.found_by(live, {}, 3, allowed)
    with pytest.raises(DataError, match="no item"):
        beside.like_item(live, "nothing", 3, allowed)
    assert len(beside.onboarding(live, 5, allowed)) == 5
    assert beside.now(live, 3, allowed)[0].source == "trending"


def test_items_that_wait_for_their_content_leave_every_list_whole(service, keeper):
    """Between their coming and their encoding they have a row, and no vector."""
    service.shop().put_items([Item(f"later{n}", "storm tide") for n in range(200)])
    service.written("default")
    everything = {"sources": ("fresh", "similar", "trending"), "weights": {"text": 1.0}, "diversity": 0.5}
    for scenario in ({}, everything):
        engine = Engine(service.shop(), keeper.engine.live, ServeSettings(scenarios={"default": scenario}))
        for user in ("u1", ""):
            (found,) = engine.recommend([Ask(user=user, k=30, explain=True)])
            assert len(found.items) == 30, found
            (none,) = engine.recommend([Ask(user=user, k=30, filter="id == 'unheard'")])
            assert none.items == ()


def test_an_item_that_breaks_the_encoders_keeps_no_other_waiting(service, keeper):
    class Picky:
        """The process, but for one item."""

        def __init__(self, real):
            self.place = lambda items: refuse() if any(i.id == "bad" for i in items) else real.place(items)
            self.close = real.close

    def refuse():
        raise ServiceError("the process died")

    followed = keeper._main
    followed._placer = Picky(followed._placer)
    service.shop().put_items([Item(name, "soup kitchen oven") for name in ("bad", "good")])
    service.written("default")
    live = keeper.engine.live
    until(lambda: live.space.joint[live.row("good")].any())
    assert not live.space.joint[live.row("bad")].any()


def test_what_is_older_than_it_may_be_is_erased(saved, tmp_path):
    made = open_service(saved, None, tmp_path / "home", ServeSettings(tick=0.05, retain_days=30))
    made.shop().append([Event("u0", "i1", "like", time=time.time(), id="fresh")])
    made.keeper()
    until(lambda: [event.id for event in made.shop().history("u0")] == ["fresh"])
    made.close()


def test_what_encodes_is_ended_for_good_and_at_once(saved, tmp_path):
    placer = Placer(saved, tmp_path)
    placer.start()

    def ask():
        with pytest.raises(ServiceError):
            placer.place([Item("a", "soup")] * 5000)

    asking = threading.Thread(target=ask)
    asking.start()
    began = time.monotonic()
    placer.close()
    asking.join()
    assert time.monotonic() - began < 10
    with pytest.raises(ServiceError, match="no more"):
        placer.place([Item("a", "soup")])
    with pytest.raises(ServiceError, match="no more"):
        placer.start()


def test_a_list_that_cannot_be_kept_holds_up_no_other(keeper, monkeypatch):
    kept = []

    def show(shown):
        if any(one == "bad" for one in shown):
            raise DataError("It cannot be stored.")
        kept.extend(shown)

    monkeypatch.setattr(keeper._shop, "show", show)
    keeper._shown.extend(["one", "bad", "two"])
    keeper._flush()
    assert kept == ["one", "two"]
    assert not keeper._shown


def test_lists_wait_for_a_store_that_went_away_between_them(keeper, monkeypatch):
    def show(shown):
        raise DataError("It cannot be stored.") if len(shown) > 1 or shown == ["bad"] else ServiceError("It is gone.")

    monkeypatch.setattr(keeper._shop, "show", show)
    keeper._shown.extend(["bad", "one", "two"])
    with pytest.raises(ServiceError):
        keeper._flush()
    assert list(keeper._shown) == ["one", "two"]
    keeper._shown.clear()

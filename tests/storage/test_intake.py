"""Group commit: who is answered is durable, and nobody suffers from another's mistake."""

import threading
from concurrent.futures import wait

import pytest

from stores import NOW, events
from tastemaker.core.errors import DataError, ServiceError
from tastemaker.storage.base import Event
from tastemaker.storage.intake import Intake
from tastemaker.storage.open import open_store


class Gate:
    """A store that writes when it is let, and says what went into each transaction."""

    def __init__(self, store):
        self.store, self.open, self.groups = store, threading.Event(), []

    def append(self, groups):
        self.open.wait(30)
        self.groups.append([len(events) for _, events in groups])
        return self.store.append(groups)


@pytest.fixture
def gate(store):
    return Gate(store)


@pytest.fixture
def intake(gate):
    made = Intake(gate)
    yield made
    gate.open.set()
    made.close()


def test_what_waits_while_a_transaction_is_written_goes_into_the_next(gate, intake, store):
    first = intake.submit("one", events(1))
    while intake.waiting:  # until it is taken up
        pass
    rest = [intake.submit("one" if k % 2 else "two", events(2, seed=k)) for k in range(50)]
    assert not first.done()
    gate.open.set()
    assert [future.result(30) for future in rest] == [[True, True]] * 50
    assert gate.groups == [[1], [2] * 50]
    assert len(store.shop("one").events()) == 51
    assert len(store.shop("two").events()) == 50


def test_equal_ids_of_one_group_count_once(gate, intake):
    click = Event("ann", "mug", id="e1")
    futures = [intake.submit("one", [click, click]) for _ in range(3)]
    gate.open.set()
    answers = [future.result(30) for future in futures]
    assert sorted([new for answer in answers for new in answer]) == [False] * 5 + [True]
    assert not any(answer[1] for answer in answers)


def test_a_bad_submission_does_not_harm_its_neighbours(gate, intake, store):
    good = [intake.submit("one", events(3, seed=k)) for k in range(5)]
    bad = intake.submit("one", [Event("ann", "mug"), Event("ann", "mug", value=float("nan"))])
    more = [intake.submit("one", events(3, seed=k)) for k in range(5, 8)]
    gate.open.set()
    wait([*good, bad, *more], 30)
    with pytest.raises(DataError, match="nan"):
        bad.result()
    assert all(future.result() == [True] * 3 for future in good + more)
    assert len(store.shop("one").events()) == 24
    assert store.shop("one").user("ann") is None


def test_a_full_queue_says_that_it_is_busy(gate):
    intake = Intake(gate, queue=10)
    taken = intake.submit("one", events(20))  # alone, it may be larger
    while intake.waiting:
        pass
    waiting = intake.submit("one", events(8))
    with pytest.raises(ServiceError, match="busy: 8 events wait"):
        intake.submit("one", events(3))
    gate.open.set()
    assert sum(taken.result(30)) + sum(waiting.result(30)) == 28
    assert intake.submit("one", events(3)).result(30) == [True] * 3
    intake.close()


def test_a_group_has_its_size(gate):
    intake = Intake(gate, group=10)
    first = intake.submit("one", events(1))
    while intake.waiting:
        pass
    rest = [intake.submit("one", events(4, seed=k)) for k in range(5)]
    gate.open.set()
    wait([first, *rest], 30)
    assert gate.groups == [[1], [4, 4], [4, 4], [4]]
    intake.close()


def test_a_cancelled_submission_is_not_stored(gate, intake, store):
    first = intake.submit("one", events(1))
    while intake.waiting:
        pass
    cancelled = intake.submit("one", [Event("ann", "mug")])
    assert cancelled.cancel()
    gate.open.set()
    assert first.result(30) == [True]
    assert intake.submit("one", events(1, seed=1)).result(30) == [True]
    assert store.shop("one").user("ann") is None


def test_closing_stores_what_waits_and_takes_no_more(gate, store):
    intake = Intake(gate, wait=0.01)
    futures = [intake.submit("one", events(2, seed=k)) for k in range(10)]
    gate.open.set()
    intake.close()
    assert all(future.result(0) == [True, True] for future in futures)
    with pytest.raises(ServiceError, match="closed"):
        intake.submit("one", events(1))
    assert len(store.shop("one").events()) == 20


def test_an_outage_is_told_to_all_and_work_goes_on_after_it(store):
    class Outage:
        down = True

        def append(self, groups):
            if self.down:
                raise ServiceError("gone")
            return store.append(groups)

    outage = Outage()
    intake = Intake(outage)
    for _ in range(2):
        with pytest.raises(ServiceError, match="gone"):
            intake.submit("one", events(2)).result(30)
    outage.down = False
    assert intake.submit("one", events(2)).result(30) == [True, True]
    intake.close()


def test_hundreds_of_threads_are_answered(store):
    intake, shop = Intake(store), store.shop("one")

    def visit(k):
        for j in range(3):
            new = intake.submit("one", [Event(f"u{k}", f"i{j}", time=NOW, id=f"{k}-{j}")]).result(60)
            assert new == [True]
            assert shop.history(f"u{k}")[-1].item == f"i{j}"

    threads = [threading.Thread(target=visit, args=(k,)) for k in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake.close()
    assert len(shop.events()) == 600


def test_who_was_forgotten_is_made_again_by_what_comes_later(store, url):
    """By another process, by this one, and where a group that made him was undone."""
    shop, other = store.shop("one"), open_store(url)
    shop.append([Event("ann", "mug"), Event("bob", "cup")])
    other.shop("one").forget("ann")
    shop.append([Event("ann", "mug")])
    assert shop.user("ann") is not None
    shop.forget("ann")
    shop.append([Event("ann", "mug")])
    assert shop.user("ann") is not None
    with pytest.raises(DataError):
        shop.append([Event("eve", "pot"), Event("eve\ud800", "mug"), Event("eve", "pot", comment="\ud800")])
    shop.append([Event("eve", "pot")])
    assert shop.user("eve") is not None
    assert shop.item("pot") is not None
    other.close()


def test_names_of_tenants_are_kept_apart(store):
    for tenant in ("one", "two"):
        store.shop(tenant).append([Event("ann", "mug"), Event("bob", "mug")])
        assert [user.id for user in store.shop(tenant).users()] == ["ann", "bob"]
        assert [item.id for item in store.shop(tenant).items()] == ["mug"]


@pytest.mark.parametrize("many", [1, 3, 511, 512, 513, 1300])
def test_any_number_of_events_is_stored_whole_and_in_order(store, many):
    assert store.shop("one").append(events(many)) == [True] * many
    stored = store.shop("one").events(limit=2000)
    assert [(event.user, event.time) for event in stored] == [(event.user, event.time) for event in events(many)]
    latest = store.shop("one").latest(stored[0].number - 1, 2000)
    assert latest == [(event.number, event.deed) for event in stored]
    assert store.shop("one").latest(stored[-1].number) == []

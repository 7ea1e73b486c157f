"""Requests that wait for the one thread that answers."""

import asyncio
import threading

import pytest

from tastemaker.core import DataError, ServiceError
from tastemaker.http import batches as module
from tastemaker.http.batches import Batches
from tastemaker.serving.ask import Answer, Ask


def said(ask):
    return DataError("no") if ask.user == "bad" else Answer(ask.user, (), "v")


def test_what_waits_is_answered_together_and_errors_hurt_nobody_else():
    sizes, hold = [], threading.Event()

    def recommend(asks):
        sizes.append(len(asks))
        hold.wait(10)
        return [said(ask) for ask in asks]

    async def work():
        batches = Batches(recommend)
        tasks = [asyncio.create_task(batches.ask(Ask(user=name))) for name in ("a", "bad", *map(str, range(40)))]
        await asyncio.sleep(0.05)
        tasks[5].cancel()
        hold.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        batches.close()
        return found

    found = asyncio.run(work())
    assert found[0].request == "a"
    assert isinstance(found[1], DataError)
    assert isinstance(found[5], asyncio.CancelledError)
    assert [one.request for one in found[6:]] == [str(n) for n in range(4, 40)]
    assert sum(sizes) == 42
    assert max(sizes) == module.MOST


def test_an_engine_that_breaks_and_a_queue_that_is_full_are_told(monkeypatch):
    monkeypatch.setattr(module, "WAITING", 1)
    hold = threading.Event()

    def recommend(asks):
        hold.wait(10)
        raise KeyError("broken")

    async def work():
        batches = Batches(recommend)
        tasks = [asyncio.create_task(batches.ask(Ask(user=str(n)))) for n in range(3)]
        await asyncio.sleep(0.05)
        hold.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        batches.close()
        return found

    found = asyncio.run(work())
    assert sum(isinstance(one, KeyError) for one in found) == 2
    assert sum(isinstance(one, ServiceError) and "try again" in str(one) for one in found) == 1


@pytest.mark.parametrize("n", [1, 33])
def test_each_gets_its_own(n):
    async def work():
        batches = Batches(lambda asks: [said(ask) for ask in asks])
        found = await asyncio.gather(*(batches.ask(Ask(user=str(i))) for i in range(n)))
        batches.close()
        return [one.request for one in found]

    assert asyncio.run(work()) == [str(i) for i in range(n)]


def test_those_who_ask_again_at_once_are_answered_together_again_and_nobody_waits_for_those_who_do_not():
    sizes = []

    def recommend(asks):
        sizes.append(len(asks))
        return [said(ask) for ask in asks]

    async def work():
        batches = Batches(recommend)

        async def again(times):
            for _ in range(times):
                await batches.ask(Ask(user="a"))
                await asyncio.sleep(0)

        await asyncio.gather(*(again(5) for _ in range(8)))
        together = sizes[1:].copy()
        sizes.clear()
        await again(5)  # alone from now on: the first waits for the others, in vain
        batches.close()
        return together

    assert max(asyncio.run(work())) >= 7
    assert sizes == [1] * 5

"""Answers of another thread reach the futures of a loop."""

import asyncio
import threading

import pytest

from tastemaker.http.landing import Landing, Promised


def test_answers_and_failures_land_and_nobody_waits_for_the_cancelled():
    async def all_of_them():
        landing = Landing(asyncio.get_running_loop())
        promised = [Promised(landing) for _ in range(100)]
        promised[7].future.cancel()
        wanted = [one.set_running_or_notify_cancel() for one in promised]

        def give():
            for number, one in enumerate(promised):
                if number == 5:
                    one.set_exception(ValueError("wrong"))
                else:
                    one.set_result([number % 2 == 0])

        thread = threading.Thread(target=give)
        thread.start()
        found = await asyncio.gather(*(one.future for one in promised), return_exceptions=True)
        thread.join()
        return wanted, found

    wanted, found = asyncio.run(all_of_them())
    assert [number for number, one in enumerate(wanted) if not one] == [7]
    assert isinstance(found[5], ValueError)
    assert isinstance(found[7], asyncio.CancelledError)
    assert [one for number, one in enumerate(found) if number not in (5, 7)] == [
        [number % 2 == 0] for number in range(100) if number not in (5, 7)
    ]


def test_a_loop_that_has_ended_harms_no_thread():
    async def made():
        return Promised(Landing(asyncio.get_running_loop()))

    promised = asyncio.run(made())
    promised.set_result([True])
    with pytest.raises(asyncio.InvalidStateError):
        promised.future.result()

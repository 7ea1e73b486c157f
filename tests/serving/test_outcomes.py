"""Outcomes by hand: which list an event answers, who comes back, and what a session is."""

import pytest

from tastemaker.serving.experiments import Experiment
from tastemaker.serving.outcomes import DAY, Log, coverage, outcomes, units_of
from tastemaker.storage.base import Event, Shown

ARMS = {"control": 1.0, "new": 1.0}
BY_USER = Experiment(name="e", arms=ARMS, stop=50 * DAY)
BY_SESSION = Experiment(name="e", arms=ARMS, unit="session")


def shown(request, user, days, arm="new", items=("a", "b")):
    arms = {"e": arm} if arm else {}
    none = tuple(0.0 for _ in items)
    return Shown(request, user, days * DAY, "v1", "", arms, items, none, none, ("model",) * len(items))


def event(request, kind, item="a", value=1.0, user="ann", days=1.0):
    return Event(user, item, kind, value, days * DAY, request=request)


def measured(log, experiment=BY_USER):
    units = units_of(experiment, log)
    return {name: (pairs.y.tolist(), pairs.x.tolist()) for name, pairs in outcomes(experiment, units, log).items()}


def test_metrics_by_hand():
    lists = [shown("r1", "ann", 0), shown("r2", "ann", 1), shown("r3", "bob", 2, "control")]
    events = [
        event("r1", "click"),
        event("r1", "view", value=30.0),
        event("r1", "purchase", value=2.0),
        event("r1", "purchase", "b", value=3.0),
        event("r2", "play", value=60.0),
        event("r2", "play", "b", value=5.0),
        event("r2", "complete"),
        event("r3", "hide", user="bob"),
        event("", "purchase"),
        event("elsewhere", "purchase"),
        event("r3", "purchase", days=99),
    ]
    found = measured(Log(lists, events, 4 * DAY))
    assert found["click_through"] == ([2, 0], [2, 1])
    assert found["conversion"] == ([1, 0], [2, 1])
    assert found["revenue"] == ([5, 0], [4, 2])
    assert found["completion"] == ([1, 0], [2, 0])
    assert found["dwell"] == ([95, 0], [2, 1])
    assert found["refusal"] == ([0, 1], [2, 1])
    assert found["return_rate"] == ([0, 0], [0, 0])


def test_prices_make_revenue_of_numbers():
    log = Log(
        [shown("r1", "ann", 0)], [event("r1", "purchase", value=2.0), event("r1", "purchase", "b")], DAY, {"a": 9}
    )
    assert measured(log)["revenue"] == ([18], [1])


@pytest.mark.parametrize(
    ("days", "back"),
    [((0, 0.01), 0), ((0, 0.3), 1), ((0, 6.9), 1), ((0, 8), 0)],
    ids=["the same visit", "later that day", "in time", "too late"],
)
def test_who_comes_back_within_a_week(days, back):
    lists = [shown("r1", "ann", days[0])]
    log = Log(lists, [event("", "view", days=days[1])], 9 * DAY)
    assert measured(log)["return_rate"] == ([back], [1])
    assert measured(Log([*lists, shown("r2", "ann", days[1], arm="")], [], 9 * DAY))["return_rate"] == ([back], [1])


def test_visitors_without_a_name_are_units_of_their_own_and_cannot_come_back():
    log = Log([shown("r1", "", 0), shown("r2", "", 1)], [], 9 * DAY)
    found = measured(log)
    assert found["click_through"] == ([0, 0], [1, 1])
    assert found["return_rate"] == ([0, 0], [0, 0])


def test_lists_of_other_times_and_experiments_do_not_count_and_users_of_two_arms_are_left_out():
    lists = [
        shown("r1", "ann", 0),
        shown("r2", "ann", 1, "control"),
        shown("r3", "bob", 1),
        shown("r4", "bob", 60),
        shown("r5", "cid", 1, ""),
        shown("r6", "dan", 1, "unheard of"),
    ]
    units = units_of(BY_USER, Log(lists, [], 99 * DAY))
    assert units.users == ("bob",)
    assert [one.request for one in units.lists] == ["r3"]
    assert units.crossed == 1


def test_a_session_ends_with_a_pause_or_another_arm():
    hour = 1 / 24
    lists = [shown("r1", "ann", 0), shown("r2", "ann", hour / 4), shown("r3", "ann", hour)]
    lists += [shown("r4", "ann", hour * 1.1, "control"), shown("r5", "bob", hour * 1.1, "control"), shown("r6", "", 0)]
    units = units_of(BY_SESSION, Log(lists, [], DAY))
    assert [[o.request for o, u in zip(units.lists, units.unit, strict=True) if u == n] for n in range(5)] == [
        ["r6"],
        ["r1", "r2"],
        ["r3"],
        ["r4"],
        ["r5"],
    ]
    assert units.crossed == 0
    assert measured(Log(lists, [], 9 * DAY), BY_SESSION)["revenue"][1] == [1] * 5


def test_coverage_is_at_equal_numbers_of_lists():
    lists = [shown(f"n{n}", f"u{n}", 0, "new", ("a", str(n))) for n in range(4)]
    lists += [shown("c1", "x", 0, "control", ("a", "0")), shown("c2", "y", 0, "control", ("a", "0"))]
    found = coverage(units_of(BY_USER, Log(lists, [], DAY)))
    assert found["control"] == pytest.approx(2 / 5)
    assert found["new"] == pytest.approx((1 + 4 * 0.5) / 5)  # two of four lists: each other item in half of the draws
    nothing = coverage(units_of(BY_USER, Log(lists[:4], [], DAY)))
    assert nothing == {"control": 0.0, "new": 0.0}

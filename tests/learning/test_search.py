"""Trials, limits and budgets."""

import json
import math

import pytest

from tastemaker.core import BadSetting
from tastemaker.core.space import Choice, Range
from tastemaker.learning.limits import Limits, seconds_of, span
from tastemaker.learning.search import Trial, suggest

pytest.importorskip("optuna")
SPACE = {"k": Range(1, 100, log=True), "x": Range(0.0, 1.0), "way": Choice(("a", "b"))}


def _trials(n, seed=0):
    done = []
    for at in range(n):
        settings = suggest(SPACE, done, seed) if at else {"k": 50, "x": 0.1, "way": "b"}
        done.append(Trial(at, settings, -((settings["x"] - 0.7) ** 2) - (settings["way"] == "b"), 1.0, 1.0))
    return done


def test_suggestions_stay_in_the_space_and_follow_the_seed():
    done = _trials(12)
    assert all(t.settings[name] in values for t in done for name, values in SPACE.items())
    assert all(isinstance(t.settings["k"], int) for t in done)
    assert done == _trials(12)
    assert done != _trials(12, seed=1)


def test_a_search_that_was_stopped_goes_on_alike():
    done = _trials(12)
    assert suggest(SPACE, done[:7], 0) == done[7].settings
    assert (
        suggest(SPACE, [Trial.from_json(json.loads(json.dumps(t.to_json()))) for t in done[:11]], 0)
        == done[11].settings
    )


def test_the_search_finds_the_good_end():
    best = max(_trials(40), key=lambda trial: trial.value)
    assert best.settings["way"] == "a"
    assert abs(best.settings["x"] - 0.7) < 0.1


def test_a_failed_trial_survives_json():
    failed = Trial(3, {"k": 2}, math.nan, 0.5, 0.4, "no")
    assert math.isnan(Trial.from_json(json.loads(json.dumps(failed.to_json(), allow_nan=False))).value)


def test_limits():
    assert Limits(1).another(0, 0)
    assert not Limits(1).another(1, 0)
    assert Limits(9, 10.0).another(4, 8.0)
    assert not Limits(9, 10.0).another(4, 8.1), "a fifth trial of 2 s would not end in time"
    assert Limits(9, 1.0).another(0, 0), "the default is always tried"
    with pytest.raises(BadSetting):
        Limits(0)


def test_budgets_are_read_and_written():
    assert [seconds_of(text) for text in ("30s", "5m", "1.5h")] == [30, 300, 5400]
    assert [span(s) for s in (30, 200, 3900)] == ["30 s", "3:20 min", "1:05 h"]
    for text in ("5", "0s", "m", "-1m"):
        with pytest.raises(BadSetting):
            seconds_of(text)

"""From what a store keeps to a decision, on behaviour whose truth is known."""

import json

import numpy as np
import pytest

from tastemaker.core import DataError
from tastemaker.serving.analysis import analyse
from tastemaker.serving.experiments import Experiment, Guardrail, exposures
from tastemaker.serving.outcomes import DAY
from tastemaker.storage.base import Event, Shown

RAILS = [Guardrail(metric="refusal", direction="down", harm=0.5), Guardrail(metric="return_rate", harm=0.3)]

BETTER = {"a": 0.32, "b": 0.4, "worse": 0.08}


def made(**changed):
    return Experiment(
        **{"name": "e", "arms": {"control": 1.0, "new": 1.0}, "effect": 0.3, "start": 0.0, "stop": 40 * DAY} | changed
    )


def behaviour(experiment, users=1500, buys=None, hides=None, back=None):
    """Three lists a user in 20 days; chances by arm of what answers a list, and of coming back in the first week."""
    rng = np.random.default_rng(0)
    lists, events = [], []
    for n in range(users):
        user = f"u{n}"
        arms = exposures([experiment], user, "", 0.0)
        arm = arms["e"]
        begin = rng.random() * 5
        gap = 3 if rng.random() < (back or {}).get(arm, 0.6) else 8
        for visit in range(3):
            request, time = f"{user}-{visit}", (begin + visit * gap) * DAY
            items = tuple(str(i) for i in rng.choice(20, 3, replace=False))
            lists.append(Shown(request, user, time, "v1", "", arms, items, (0.0,) * 3, (1.0,) * 3, ("model",) * 3))
            for kind, chance in (("purchase", (buys or {}).get(arm, 0.2)), ("hide", (hides or {}).get(arm, 0.1))):
                if rng.random() < chance:
                    events.append(Event(user, items[0], kind, float(rng.lognormal()), time + 60, request=request))
    return lists, events


def test_what_is_better_and_harms_nobody_is_shipped():
    one = made(metrics=["conversion", "revenue", "click_through"], guardrails=RAILS)
    found = analyse(one, *behaviour(one, buys={"new": 0.32}))
    assert found.decision == "ship", found.text()
    figure = found.figures[0]
    assert (figure.metric, figure.arm) == ("conversion", "new")
    assert figure.difference.low > 0
    assert figure.relative == pytest.approx(0.6, abs=0.15)
    assert found.mismatch > 0.05
    assert found.coverage == {"control": 1.0, "new": 1.0}


def test_what_makes_no_difference_goes_on_until_its_time_is_over():
    one = made(guardrails=RAILS)
    shown, events = behaviour(one)
    assert analyse(one, shown, events).decision == "keep on"
    assert analyse(one, shown, events, now=41 * DAY).decision == "stop: nothing found"


@pytest.mark.parametrize(
    ("chances", "why"),
    [
        ({"buys": {"new": 0.1}}, "conversion suffers"),
        ({"buys": {"new": 0.32}, "hides": {"new": 0.3}}, "refusal suffers"),
        ({"buys": {"new": 0.32}, "back": {"new": 0.2}}, "return_rate suffers"),
    ],
)
def test_what_harms_is_stopped(chances, why):
    one = made(guardrails=RAILS)
    found = analyse(one, *behaviour(one, **chances))
    assert (found.decision, found.verdict.why) == ("stop: harm", why)


def test_what_may_harm_is_not_shipped_yet():
    one = made(guardrails=[Guardrail(metric="refusal", direction="down", harm=0.01)])
    found = analyse(one, *behaviour(one, buys={"new": 0.32}))
    assert (found.decision, found.verdict.why) == ("keep on", "conversion is better, but refusal may suffer")


def test_fewer_refusals_are_better():
    one = made(metrics=["refusal"])
    assert analyse(one, *behaviour(one, hides={"new": 0.04})).decision == "ship"


def test_lost_units_are_told_before_anything_else():
    one = made()
    shown, events = behaviour(one, buys={"new": 0.32})
    kept = [s for s in shown if s.arms["e"] == "control" or hash_of(s.user) % 4]
    found = analyse(one, kept, events)
    assert found.mismatch < 0.01
    assert found.decision == "stop: arms are not as planned"


def hash_of(user):
    return int(user[1:])


def test_several_arms_share_the_error_and_the_best_is_shipped():
    one = made(arms={"control": 1.0, "a": 1.0, "b": 1.0, "worse": 1.0})
    found = analyse(one, *behaviour(one, 3000, BETTER))
    assert {v.arm: v.decision for v in found.verdicts} == {"a": "ship", "b": "ship", "worse": "stop: harm"}
    assert found.verdict.arm == "b"
    strict = made(arms=one.arms, alpha=one.alpha / 3)
    assert lowest(strict) < lowest(one) == found.figures[0].difference.low


def lowest(experiment):
    return analyse(experiment, *behaviour(experiment, 3000, BETTER)).figures[0].difference.low


def test_text_and_json_say_the_same():
    one = made(metrics=["conversion", "completion"], guardrails=RAILS)
    found = analyse(one, *behaviour(one, 300))
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["decision"] == found.decision == "keep on"
    assert [f["metric"] for f in told["figures"]] == ["conversion", "completion", "refusal", "return_rate"]
    assert told["figures"][1]["value"] is None  # nothing was played
    assert found.text().startswith("experiment e, day ")
    assert "conversion     new: 0." in found.text()


def test_an_experiment_that_nobody_was_in_is_refused():
    with pytest.raises(DataError, match="No list names an arm of experiment 'e'"):
        analyse(made(), [], [])

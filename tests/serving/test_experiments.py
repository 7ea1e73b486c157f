"""Arms: stable, in their shares, independent; and experiments that are kept as notes."""

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from tastemaker.core import BadSetting, DataError, UnknownName
from tastemaker.serving.experiments import (
    Experiment,
    Guardrail,
    experiment_of,
    exposures,
    read_experiments,
    settings_under,
    write_experiments,
)

HALVES = {"control": 1.0, "new": 1.0}
USERS = [f"user-{n}" for n in range(20_000)]


class Notes:
    """What `read_experiments` asks of a shop; values pass through JSON with sorted keys as in a store."""

    def __init__(self):
        self.kept = {}

    def note(self, name, value=None):
        if value is not None:
            self.kept[name] = json.dumps(value, sort_keys=True)
        return json.loads(self.kept[name]) if name in self.kept else None


def arms(experiment, units=USERS):
    return np.array([experiment.arm(unit) or "-" for unit in units])


def test_arms_are_the_same_ever_after():
    one = Experiment(name="ranking", arms={"control": 2.0, "new": 1.0})
    assert [one.arm(f"u{n}") for n in range(8)] == ["control"] * 5 + ["new", "control", "new"]
    assert (arms(one) == arms(Experiment(name="ranking", arms={"new": 1.0, "control": 2.0}))).all()


def test_arms_have_their_shares():
    one = Experiment(name="ranking", arms={"control": 5.0, "a": 3.0, "b": 2.0}, share=0.6)
    names, counts = np.unique(arms(one), return_counts=True)
    assert names.tolist() == ["-", "a", "b", "control"]
    assert chisquare(counts, np.array([0.4, 0.18, 0.12, 0.3]) * len(USERS)).pvalue > 0.001


def test_experiments_are_independent():
    """Pairs among 40: p values of independence are uniform; also of names that differ in one letter."""
    many = [arms(Experiment(name=f"e{n}", arms=HALVES), USERS[:5000]) == "new" for n in range(40)]
    p = [chi2_contingency([[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]], correction=False).pvalue
         for a, b in pairwise(many)]  # fmt: skip
    assert chisquare(np.histogram(p, bins=3, range=(0, 1))[0]).pvalue > 0.001
    assert min(p) > 0.0005


def test_another_salt_gives_other_arms():
    one, other = (arms(Experiment(name="ranking", arms=HALVES, salt=salt)) for salt in ("", "again"))
    assert (one == other).mean() == pytest.approx(0.5, abs=0.02)


def test_a_larger_share_changes_nobodys_arm():
    small, large = (arms(Experiment(name="ranking", arms=HALVES, share=share)) for share in (0.2, 0.7))
    part = small != "-"
    assert part.mean() == pytest.approx(0.2, abs=0.02)
    assert (small[part] == large[part]).all()


def test_exposures_are_those_of_running_experiments():
    by_user = Experiment(name="a", arms=HALVES, start=10, stop=20)
    by_session = Experiment(name="b", arms=HALVES, unit="session", settings={"new": {"model": "v0002"}})
    both = [by_user, by_session]
    assert exposures(both, "ann", "s1", 15) == {"a": by_user.arm("ann"), "b": by_session.arm("s1")}
    assert exposures(both, "ann", "", 15) == {"a": by_user.arm("ann")}
    assert exposures(both, "", "s1", 20) == {"b": by_session.arm("s1")}
    assert settings_under(both, {"a": "new", "b": "new"}) == {"model": "v0002"}
    assert settings_under(both, {"b": "control"}) == {}


def test_experiments_are_kept_as_notes():
    shop = Notes()
    assert read_experiments(shop) == []
    one = Experiment(
        name="ranking",
        arms=HALVES,
        settings={"new": {"model": "v0002", "explore": 0.1}},
        metrics=["conversion", "revenue"],
        guardrails=[Guardrail(metric="refusal", direction="down", harm=0.1)],
        stop=100.0,
    )
    write_experiments(shop, [one])
    (kept,) = read_experiments(shop)
    assert kept.to_json() == one.to_json()
    assert kept.guardrails[0].direction == "down"
    write_experiments(shop, [])
    assert read_experiments(shop) == []


def test_experiments_that_get_in_each_others_way_are_refused():
    def made(name, key, start=0.0, stop=None):
        return Experiment(name=name, arms=HALVES, settings={"new": {key: 1}}, start=start, stop=stop)

    with pytest.raises(BadSetting, match="Two experiments are called 'a'"):
        write_experiments(Notes(), [made("a", "x"), made("a", "y")])
    with pytest.raises(BadSetting, match="both set x"):
        write_experiments(Notes(), [made("a", "x"), made("b", "x")])
    write_experiments(Notes(), [made("a", "x", stop=5.0), made("b", "x", start=5.0), made("c", "y")])


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"arms": {"control": 1}}, BadSetting, "two arms or more"),
        ({"arms": {"a": 1, "b": 1}}, BadSetting, "'control' among them"),
        ({"arms": {"control": 1, "new": 0}}, BadSetting, "greater than 0"),
        ({"metrics": ["conversions"]}, UnknownName, "Did you mean 'conversion'"),
        ({"guardrails": [{"metric": "coverage"}]}, UnknownName, "coverage"),
        ({"settings": {"old": {}}}, UnknownName, "arm of experiment 'e'"),
        ({"start": 9, "stop": 3}, BadSetting, "stop after it starts"),
        ({"share": 1.5}, BadSetting, "share"),
        ({"colour": 1}, BadSetting, "colour"),
    ],
)
def test_what_is_no_experiment_is_refused(changed, error, said):
    with pytest.raises(error, match=said):
        experiment_of({"name": "e", "arms": HALVES} | changed)


def test_a_note_that_is_no_table_is_refused():
    with pytest.raises(DataError, match="table of settings"):
        experiment_of("e")

"""What a new version must pass."""

import numpy as np
import pytest

from tastemaker.core import BadSetting, Run
from tastemaker.data import Dataset, Interactions, Recommendations, Vocabulary
from tastemaker.serving.life import Gate, cut, gate_of, judged, measured

USERS, ITEMS = 40, 20


def data(events=400):
    rng = np.random.default_rng(0)
    log = Interactions.of(rng.integers(0, USERS, events), rng.integers(0, ITEMS, events), time=np.arange(events) * 10)
    users = Vocabulary(tuple(f"u{n}" for n in range(USERS)))
    return Dataset(users, Vocabulary(tuple(f"i{n}" for n in range(ITEMS))), log, clock="time")


class Lists:
    """Finds a given share of what is held."""

    def __init__(self, moment, share):
        self.moment, self.share = moment, share

    def recommend(self, users, k):
        rng = np.random.default_rng(1)
        rows = self.moment.known.users.rows(users)
        items = np.full((len(users), k), -1, np.int32)
        for at, row in enumerate(rows):
            mine = np.unique(self.moment.held.interactions.item[self.moment.held.interactions.user == row])
            found = mine[rng.random(len(mine)) < self.share][:k]
            items[at, : len(found)] = found
        return Recommendations(rows, items, np.where(items >= 0, 1.0, -np.inf).astype(np.float32))


def test_the_latest_tenth_is_held_out_where_nothing_serves():
    moment = cut(data(), None, Gate())
    assert len(moment.known.interactions) == 360
    assert moment.unseen
    assert moment.known.interactions.time.max() < moment.held.interactions.time.min()


def test_only_what_the_live_version_has_not_seen_is_held_out_where_that_is_enough():
    moment = cut(data(), 3700, Gate(least=5))
    assert moment.unseen
    assert moment.held.interactions.time.min() == 3710


def test_the_latest_tenth_is_held_out_where_too_little_has_come():
    moment = cut(data(), 3980, Gate(least=5))
    assert not moment.unseen
    assert len(moment.held.interactions) == 40


def test_a_version_that_learned_long_ago_changes_nothing():
    assert len(cut(data(), 100, Gate()).held.interactions) == 40


def reports(a, b):
    moment = cut(data(), None, Gate(share=0.4))
    return [measured(Lists(moment, share), moment, Gate(), Run()) for share in (a, b)]


def test_a_better_version_passes_and_a_worse_one_does_not():
    good, bad = reports(0.9, 0.3)
    assert judged(good, bad, Gate()).passed
    found = judged(bad, good, Gate())
    assert not found.passed
    assert found.figures["difference"]["ndcg"]["high"] < 0
    assert "may be worse" in found.why


def test_an_equal_version_passes():
    (good, _) = reports(0.9, 0.9)
    assert judged(good, good, Gate(tolerance=0)).passed


def test_the_first_version_passes():
    assert judged(reports(0.1, 0.1)[0], None, Gate()).passed
    assert judged(None, None, Gate()).passed


def test_nothing_passes_that_nobody_can_judge():
    (good, _) = reports(0.9, 0.9)
    found = judged(None, good, Gate())
    assert not found.passed
    assert "too few" in found.why


def test_nothing_is_measured_where_nobody_has_anything_to_find():
    whole = data()
    none = whole.only(np.arange(0))
    assert measured(Lists(None, 1), type(cut(whole, None, Gate()))(whole, none, True), Gate(), Run()) is None


def test_a_setting_that_cannot_be_is_refused():
    with pytest.raises(BadSetting, match="tolerance"):
        gate_of(tolerance=-1)

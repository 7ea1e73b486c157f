"""Small pieces of serving."""

import time

import numpy as np
import pytest

from made import dataset, features
from tastemaker.core import BadSetting
from tastemaker.data import Features
from tastemaker.serving.growing import Growing
from tastemaker.serving.histories import Meaning
from tastemaker.serving.late import Placing
from tastemaker.serving.parts import standard
from tastemaker.serving.pulse import HALF, Pulse
from tastemaker.serving.settings import read_settings
from tastemaker.serving.space import Space


def test_rows_grow_and_old_views_stay():
    rows = Growing(np.ones((2, 3), np.float32))
    before = rows.rows
    rows.put(np.array([5, 0]), np.full((2, 3), 7, np.float32))
    assert rows.rows.shape == (6, 3)
    assert (rows.rows[5] == 7).all()
    assert not rows.rows[3].any()
    assert before.shape == (2, 3)


def test_what_is_asked_for_fades_and_what_was_liked_stays():
    pulse = Pulse(np.array([5.0, 0.0]), now=0.0)
    pulse.count(np.array([0], np.int32), np.array([0.0]))
    pulse.count(np.array([2], np.int32), np.array([HALF]))
    trend = pulse.trend(4)
    assert trend[2] == pytest.approx(2 * trend[0])
    assert list(pulse.popular(4)) == [6, 0, 1, 0]
    pulse.count(np.array([1], np.int32), np.array([2000 * HALF]))
    assert np.isfinite(pulse.trend(3)).all()
    assert pulse.trend(3).argmax() == 1


def test_an_event_dated_far_ahead_counts_as_of_now():
    pulse = Pulse(np.zeros(2), now=time.time() - HALF)
    pulse.count(np.array([0, 1], np.int32), np.array([time.time(), 4e9]))
    assert pulse.trend(2) == pytest.approx(np.full(2, pulse.trend(2)[0]), rel=1e-3)


def test_a_later_item_stands_where_its_nearest_stand():
    data = dataset()
    found = features(missing=0.0)
    space = Space(found, 15)
    placing = Placing(space.joint, data)
    late = {name: Features(f.source, f.vectors[[4]], f.present[[4]]) for name, f in found.items()}
    joint = space.put(np.array([15], np.int32), late)
    near = placing.place(joint)
    assert near.rows[0, 0] == 4
    assert near.weights[0].sum() == pytest.approx(1, abs=1e-5)
    assert near.weights[0, 0] == near.weights[0].max()
    assert space.joint.shape[0] == 16


def test_an_item_without_content_stands_nowhere():
    data, found = dataset(), features()
    space = Space(found, 15)
    joint = space.put(np.array([15], np.int32), {})
    assert not Placing(space.joint[:15], data).place(joint).weights.any()


def test_events_mean_what_the_data_say():
    implicit = Meaning.of(dataset())
    assert [implicit.sign(kind, 1) for kind in ("purchase", "skip", "report", "")] == [1, 0, -1, 1]
    assert implicit.weight("purchase", 1) == 5
    explicit = Meaning({}, True, 4.0, 4.5)
    assert [explicit.sign("rate", value) for value in (3, 4)] == [0, 1]
    assert explicit.weight("rate", 2) == 2
    assert explicit.weight("like", 1) == 4.5


def test_parts_of_a_score_have_one_scale():
    assert standard(np.array([1.0, 2.0, 3.0])) == pytest.approx([-1.2247, 0, 1.2247], abs=1e-3)
    assert not standard(np.array([2.0, 2.0])).any()
    assert not standard(np.full(2, np.nan)).any()
    assert standard(np.array([np.nan, 1.0, 2.0]))[0] == standard(np.array([1.0, 1.0, 2.0]))[0]


def test_settings_are_read_and_refused(tmp_path):
    path = tmp_path / "service.toml"
    path.write_text('[serve]\nhistory = 50\n[serve.scenarios.home]\ndiversity = 0.3\nsources = ["model", "fresh"]\n')
    assert read_settings(path).scenarios["home"].sources == ("model", "fresh")
    assert read_settings(None).history == 200
    path.write_text("[serve]\nhistry = 50\n")
    with pytest.raises(BadSetting, match="histry"):
        read_settings(path)
    path.write_text("serve = 3\n")
    with pytest.raises(BadSetting, match="must be a table"):
        read_settings(path)

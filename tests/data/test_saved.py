"""Saved data sets come back, and damage is noticed."""

import json
from dataclasses import fields

import numpy as np
import pytest

from tables import folder, log, read
from tastemaker.core import SavedError
from tastemaker.data.build import Reading
from tastemaker.data.saved import load, save

LOG = """user_id,item_id,event,rating,timestamp,session,split
u1,a,view,4,1500000000,s,train
u2,b,like,2,1500000001,,test
"""
ITEMS = "item_id,title,price,colour\na,A,1,red\nc,,,blue\n"


@pytest.fixture
def data(tmp_path):
    return read(folder(tmp_path / "source", LOG, ITEMS, "user_id,country,region\nu1,BR,SP\n")).data


def test_everything_but_content_comes_back(data, tmp_path):
    save(data, tmp_path / "saved")
    again = load(tmp_path / "saved")
    assert log(Reading(again, None)) == log(Reading(data, None))
    for name in ("users", "items", "titles", "events", "clock", "explicit", "name"):
        assert getattr(again, name) == getattr(data, name)
    for f in fields(data.interactions):
        before, after = getattr(data.interactions, f.name), getattr(again.interactions, f.name)
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)
    assert list(again.split) == list(data.split)
    for mine, theirs in ((data.item_attributes, again.item_attributes), (data.user_attributes, again.user_attributes)):
        assert {n: c.kind for n, c in mine.items()} == {n: c.kind for n, c in theirs.items()}
        for name in mine:
            np.testing.assert_array_equal(mine[name].values, theirs[name].values)
    assert again.content == {}


def test_saving_twice_is_equal_and_replaces(data, tmp_path):
    save(data, tmp_path / "saved")
    save(load(tmp_path / "saved"), tmp_path / "saved")
    assert load(tmp_path / "saved").users == data.users
    assert [p.name for p in tmp_path.iterdir() if p.name != "source"] == ["saved"]


def damage(path, how):
    if how == "absent":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 40 if how == "cut" else 0])


@pytest.mark.parametrize("name", ["data.json", "users.parquet", "items.parquet", "interactions.parquet"])
@pytest.mark.parametrize("how", ["absent", "cut", "empty"])
def test_damage_is_noticed(data, tmp_path, name, how):
    save(data, tmp_path / "saved")
    damage(tmp_path / "saved" / name, how)
    with pytest.raises(SavedError, match="saved"):
        load(tmp_path / "saved")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"kind": "cake"},
        {"clock": "sun"},
        {"events": [""]},
        {"item_attributes": {"x": "number"}},
        {"titles": 3, "split": None},
    ],
)
def test_another_format_or_a_changed_file_is_noticed(data, tmp_path, change):
    save(data, tmp_path / "saved")
    path = tmp_path / "saved" / "data.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    if change == {"titles": 3, "split": None}:
        assert load(tmp_path / "saved").split is None
    else:
        with pytest.raises(SavedError, match=r"[Mm]ake it anew|damaged"):
            load(tmp_path / "saved")


def test_interactions_of_other_users_are_noticed(data, tmp_path):
    from pyarrow import parquet

    save(data, tmp_path / "saved")
    path = tmp_path / "saved" / "users.parquet"
    parquet.write_table(parquet.read_table(path).slice(0, 1), path)
    with pytest.raises(SavedError, match="does not have"):
        load(tmp_path / "saved")

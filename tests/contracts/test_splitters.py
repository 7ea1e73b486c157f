"""What every splitter of the catalog must do."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset
from tastemaker.core import spec_of
from tastemaker.data.catalog import SPLITTERS


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    made = dataset(users=30, items=25, n=400)
    return replace(made, split=rng.choice(["train", "train", "valid", "test"], 400).astype(object))


@pytest.fixture(params=SPLITTERS.names())
def splitter(request, data, tmp_path):
    if request.param != "files":
        return SPLITTERS.build(request.param)
    for number, name in enumerate(("train", "valid", "test")):
        log = data.interactions.take(np.arange(len(data.interactions)) % 3 == number)
        rows = "".join(f"u{u},i{i}\n" for u, i in zip(log.user, log.item, strict=True))
        (tmp_path / f"{name}.csv").write_text("user_id,item_id\n" + rows)
    return SPLITTERS.build({"name": "files", "folder": str(tmp_path)})


def rows(part):
    log = part.interactions
    return list(zip(log.user.tolist(), log.item.tolist(), log.time.tolist(), strict=True))


def test_the_parts_share_users_items_and_content(splitter, data):
    for part in next(iter(splitter.split(data))):
        assert part.users is data.users
        assert part.items is data.items
        assert part.content is data.content


def test_the_parts_are_a_partition(splitter, data):
    parts = [rows(part) for part in next(iter(splitter.split(data)))]
    assert sorted(row for part in parts for row in part) == sorted(rows(data))
    assert all(part == sorted(part, key=lambda row: row[2]) for part in parts)
    assert all(parts)


def test_equal_seeds_give_equal_splits(splitter, data):
    first, again = (next(iter(splitter.split(data))) for _ in range(2))
    assert [rows(p) for p in first] == [rows(p) for p in again]


def test_the_specification_rebuilds_it(splitter, data):
    again = SPLITTERS.build(spec_of(splitter))
    assert spec_of(again) == spec_of(splitter)
    assert rows(next(iter(again.split(data))).test) == rows(next(iter(splitter.split(data))).test)


def test_nothing_is_changed_in_place(splitter, data):
    before = rows(data)
    list(splitter.split(data))
    assert rows(data) == before

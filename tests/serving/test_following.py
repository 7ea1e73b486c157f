"""One version that follows a store."""

import pytest

from shop import write_shop
from tastemaker.core import DataError, Run
from tastemaker.data.read import read
from tastemaker.features.catalog import ENCODERS
from tastemaker.fusion.catalog import FUSIONS
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline
from tastemaker.serving.following import Followed
from tastemaker.storage.base import Event, Item, Version
from tastemaker.storage.open import open_store
from tastemaker.storage.seed import seed


@pytest.fixture
def followed(tmp_path):
    data = read(write_shop(tmp_path / "shop")).data
    fusion = FUSIONS.build({"name": "weighted", "weights": {"attributes": 1.0}})
    pipeline = Pipeline(RECOMMENDERS.build("item_knn"), [ENCODERS.build("attributes")], fusion)
    pipeline.fit(data, run=Run()).save(tmp_path / "shop.tm")
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    seed(store.shop(), data, Run())
    found = Followed(store.shop(), tmp_path, Version("v1", tmp_path / "shop.tm", 0.0, "live", {}))
    yield store.shop(), found
    found.close()
    store.close()


def test_a_new_item_is_placed_by_its_content_and_its_events_count(followed):
    shop, found = followed
    found.start()
    shop.put_items([Item("new", "New", attributes={"category": "small", "price": 11.0})])
    found.catch_up()
    row = found.live.row("new")
    assert row == 24
    found.place()
    assert found.live.waiting() == []
    assert found.live.space.joint[row].any()
    before = found.live.pulse.popular(25)[row]
    shop.append([Event("u1", "new", "like", time=1.7e9)])
    found.catch_up()
    assert found.live.pulse.popular(25)[row] == before + 1
    assert set(found.encode(Item("", attributes={"price": 5.0}))) == {"attributes"}


def test_without_encoders_nothing_can_be_searched(followed, tmp_path):
    shop, found = followed
    Pipeline(RECOMMENDERS.build("popular")).fit(found.live.pipeline.data, run=Run()).save(tmp_path / "popular.tm")
    plain = Followed(shop, tmp_path, Version("v2", tmp_path / "popular.tm", 0.0, "live", {}))
    plain.start()
    plain.place()
    with pytest.raises(DataError, match="reads no content"):
        plain.encode(Item("q", texts=("soup",)))
    plain.close()

"""A saved pipeline over a small shop, and a service over it."""

import pytest

import tastemaker as tm
from shop import write_shop
from tastemaker.features.text.tfidf import TfIdf
from tastemaker.models.item_knn import ItemKNN
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """30 users of three topics, 24 items with a word or two of each topic, category and price."""
    folder = tmp_path_factory.mktemp("served")
    data = tm.read(write_shop(folder / "shop"))
    pipeline = tm.Pipeline(model=ItemKNN(), encoders=[TfIdf()]).fit(data)
    pipeline.save(folder / "shop.tm")
    return folder / "shop.tm"


@pytest.fixture
def service(saved, tmp_path):
    made = open_service(saved, None, tmp_path / "home", ServeSettings(tick=0.05))
    yield made
    made.close()


@pytest.fixture
def keeper(service):
    return service.keeper()


@pytest.fixture
def engine(keeper):
    return keeper.engine

"""A service over a small shop, asked by real requests."""

import pytest
from starlette.testclient import TestClient

import tastemaker as tm
from process import running
from shop import write_shop
from tastemaker.features.text.tfidf import TfIdf
from tastemaker.http.app import application
from tastemaker.http.keys import SCOPES, digest
from tastemaker.models.item_knn import ItemKNN
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings

KEYS = {"all": SCOPES, "reader": ("read",), "writer": ("write",)}


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """30 users of three topics, 24 items with a word or two of each topic, category and price."""
    folder = tmp_path_factory.mktemp("served")
    data = tm.read(write_shop(folder / "shop"))
    tm.Pipeline(model=ItemKNN(), encoders=[TfIdf()]).fit(data).save(folder / "shop.tm")
    return folder / "shop.tm"


@pytest.fixture
def settings():
    return ServeSettings(tick=0.05)


@pytest.fixture
def service(saved, tmp_path, settings):
    made = open_service(saved, None, tmp_path / "home", settings)
    for name, scopes in KEYS.items():
        made.store.put_key(digest(name), "default", scopes)
    made.store.put_key(digest("other"), "other", SCOPES)
    return made


@pytest.fixture
def bare(service):
    """Requests without a key."""
    with TestClient(application(service), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def http(bare):
    """Requests with a key that may do everything."""
    bare.headers["X-API-Key"] = "all"
    return bare


@pytest.fixture(scope="session")
def server(saved, tmp_path_factory):
    """A process of its own; tests that ask it leave its shop's own users and items as they are."""
    with running(saved, tmp_path_factory.mktemp("running") / "home") as found:
        yield found

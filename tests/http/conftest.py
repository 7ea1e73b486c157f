"""A service over a small shop, asked by real requests."""

import pytest
from starlette.testclient import TestClient

from process import saved, server, wordless  # noqa: F401
from tastemaker.http.app import application
from tastemaker.http.keys import SCOPES, digest
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings

KEYS = {"all": SCOPES, "reader": ("read",), "writer": ("write",)}


@pytest.fixture
def settings():
    return ServeSettings(tick=0.05)


@pytest.fixture
def service(wordless, tmp_path, settings):  # noqa: F811
    made = open_service(wordless, None, tmp_path / "home", settings)
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

import pytest

from postgres import postgres  # noqa: F401
from process import saved, server  # noqa: F401
from tastemaker.actions.feeds.load import ImportRequest, import_rows
from tastemaker.storage.open import open_store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def load(url):
    """Import and give the report."""

    def made(source, **more):
        return import_rows(ImportRequest(str(source), store=url, **more))

    return made


@pytest.fixture
def shop(url):
    store = open_store(url)
    yield store.shop()
    store.close()

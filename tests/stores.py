"""Stores for tests: both kinds of data base, and events to fill them with."""

import random

import pytest

from postgres import postgres
from tastemaker.storage.base import Event
from tastemaker.storage.open import open_store

__all__ = ["events", "postgres", "store", "url"]

NOW = 1_750_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Of an empty data base."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/store.db"
    return request.getfixturevalue("postgres").emptied()


@pytest.fixture
def store(url):
    opened = open_store(url)
    yield opened
    opened.close()


def events(n, users=20, items=15, seed=0, **more):
    """Random events, a second apart."""
    rng = random.Random(seed)
    kinds = ["view", "click", "purchase"]
    return [
        Event(f"u{rng.randrange(users)}", f"i{rng.randrange(items)}", rng.choice(kinds), time=NOW + k, **more)
        for k in range(n)
    ]

"""Opening a store by its URL."""

from __future__ import annotations

from importlib.util import find_spec

from tastemaker.core import MissingExtra
from tastemaker.storage.base import Store


def open_store(url: str) -> Store:
    """``sqlite:///path/store.db`` or ``postgresql://user:password@host/name``, made or renewed where needed.

    Raises:
        BadSetting: the URL is none of those.
        MissingExtra: what it needs is not installed.
        SavedError: a newer version made its tables.
        ServiceError: the data base does not answer.
    """
    if find_spec("sqlalchemy") is None:
        raise MissingExtra("sqlalchemy", "serve")
    from tastemaker.storage.sql import SqlStore

    return SqlStore(url)

"""What every request for a list asks: by prepared statements, past all layers."""

from __future__ import annotations

from sqlalchemy import Integer, Text, bindparam, select

from tastemaker.storage.base import Event, User
from tastemaker.storage.catalogue import USER, user_of
from tastemaker.storage.database import Database
from tastemaker.storage.log import COLUMNS
from tastemaker.storage.schema import events, users

_OF, _WHO = bindparam("of", type_=Text), bindparam("who", type_=Text)
_HISTORY = (
    select(*COLUMNS)
    .where((events.c.tenant == _OF) & (events.c.user == _WHO))
    .order_by(events.c.time.desc(), events.c.number.desc())
    .limit(bindparam("most", type_=Integer))
)
_USER = select(*USER).where((users.c.tenant == _OF) & (users.c.id == _WHO))


class Asked:
    """Who asks, and what he did last.

    Args:
        database: Where.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._history, self._user = database.prepared(_HISTORY), database.prepared(_USER)

    def history(self, tenant: str, user: str, limit: int) -> list[Event]:
        """The latest `limit`, oldest first."""
        text, values = self._history
        rows = self._database.rows(text, {**values, "of": tenant, "who": user, "most": limit})
        return [Event(*row) for row in reversed(rows)]

    def user(self, tenant: str, name: str) -> User | None:
        """One user, unless he is unknown."""
        text, values = self._user
        rows = self._database.rows(text, {**values, "of": tenant, "who": name})
        return user_of(rows[0]) if rows else None

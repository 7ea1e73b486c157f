"""What every request for a list, and every look at what came, asks: by prepared statements, past all layers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Text, bindparam, select

from tastemaker.storage.base import Deed, Event, User
from tastemaker.storage.catalogue import USER, user_of
from tastemaker.storage.database import Database, Prepared
from tastemaker.storage.log import COLUMNS
from tastemaker.storage.schema import events, users

_OF, _WHO = bindparam("of", type_=Text), bindparam("who", type_=Text)
_DEEDS = (events.c.item, events.c.kind, events.c.value, events.c.time, events.c.session)
_LATEST = (
    select()
    .where((events.c.tenant == _OF) & (events.c.user == _WHO))
    .order_by(events.c.time.desc(), events.c.number.desc())
    .limit(bindparam("most", type_=Integer))
)
_AFTER = (
    select(events.c.number, *_DEEDS)
    .where((events.c.tenant == _OF) & (events.c.number > bindparam("after", type_=BigInteger)))
    .order_by(events.c.number)
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
        self._history, self._deeds = (database.prepared(_LATEST.add_columns(*of)) for of in (COLUMNS, _DEEDS))
        self._user, self._after = database.prepared(_USER), database.prepared(_AFTER)

    def history(self, tenant: str, user: str, limit: int) -> list[Event]:
        """The latest `limit`, oldest first."""
        return [Event(*row) for row in self._latest(self._history, tenant, user, limit)]

    def deeds(self, tenant: str, user: str, limit: int) -> list[Deed]:
        """The same, without what a list does not need: a third of the time."""
        return self._latest(self._deeds, tenant, user, limit)

    def _latest(self, asked: Prepared, tenant: str, user: str, limit: int) -> list[Any]:
        text, values = asked
        rows = self._database.rows(text, {**values, "of": tenant, "who": user, "most": limit})
        return rows[::-1]

    def latest(self, tenant: str, after: int, limit: int) -> list[tuple[int, Deed]]:
        """Number and deed of events behind that of a number, in order of arrival."""
        text, values = self._after
        rows = self._database.rows(text, {**values, "of": tenant, "after": after, "most": limit})
        return [(number, (item, kind, value, time, session)) for number, item, kind, value, time, session in rows]

    def user(self, tenant: str, name: str) -> User | None:
        """One user, unless he is unknown."""
        text, values = self._user
        rows = self._database.rows(text, {**values, "of": tenant, "who": name})
        return user_of(rows[0]) if rows else None

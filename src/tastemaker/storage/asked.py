"""What every request for a list, and every look at what came, asks: by prepared statements, past all layers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Text, bindparam, func, select

from tastemaker.storage.base import Deed, Event, Item, User
from tastemaker.storage.catalogue import ITEM, USER, item_of, user_of
from tastemaker.storage.database import Database, Prepared
from tastemaker.storage.log import COLUMNS
from tastemaker.storage.schema import events, items, users

_OF, _WHO, _MOST = bindparam("of", type_=Text), bindparam("who", type_=Text), bindparam("most", type_=Integer)
_BEHIND = bindparam("after", type_=BigInteger)
_DEEDS = (events.c.item, events.c.kind, events.c.value, events.c.time, events.c.session)
_LATEST = (
    select()
    .where((events.c.tenant == _OF) & (events.c.user == _WHO))
    .order_by(events.c.time.desc(), events.c.number.desc())
    .limit(_MOST)
)
_NUMBERS = select(events.c.number).where((events.c.tenant == _OF) & (events.c.user == _WHO)).limit(_MOST).subquery()
_MARK = select().add_columns(func.count(), func.max(_NUMBERS.c.number)).select_from(_NUMBERS)
_CHANGED = (
    select(*ITEM).where((items.c.tenant == _OF) & (items.c.revision > _BEHIND)).order_by(items.c.revision).limit(_MOST)
)
_AFTER = (
    select(events.c.number, *_DEEDS)
    .where((events.c.tenant == _OF) & (events.c.number > _BEHIND))
    .order_by(events.c.number)
    .limit(_MOST)
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
        self._user, self._mark = database.prepared(_USER), database.prepared(_MARK)
        self._after, self._changed = database.prepared(_AFTER), database.prepared(_CHANGED)

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

    def mark(self, tenant: str, user: str, limit: int) -> tuple[int, int] | None:
        """How many events he has, and the number of the last; None where there are `limit` or more.

        Rows never change, and a number is never given twice: under the same count and the same largest number there
        are the same events.
        """
        text, values = self._mark
        rows = self._database.rows(text, {**values, "of": tenant, "who": user, "most": limit})
        count, last = rows[0]
        return (count, last or 0) if count < limit else None

    def changed_items(self, tenant: str, revision: int, limit: int) -> list[Item]:
        """With a larger revision, ascending, deleted ones among them."""
        text, values = self._changed
        rows = self._database.rows(text, {**values, "of": tenant, "after": revision, "most": limit})
        return [item_of(row) for row in rows]

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

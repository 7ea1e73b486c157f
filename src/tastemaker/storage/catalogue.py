"""Items and users."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, select, update

from tastemaker.core.errors import DataError
from tastemaker.storage.base import Item, User
from tastemaker.storage.compact import dumps, loads
from tastemaker.storage.database import Row, Session
from tastemaker.storage.schema import counters, items, users

USER = [column for column in users.columns if column.name != "tenant"]


def put_items(session: Session, tenant: str, given: Sequence[Item]) -> None:
    """Create or replace; of several with one id the last stays."""
    last = {_named(item.id, "item"): item for item in given}
    created = _created(session, items, tenant, last)
    first = _revisions(session, items, tenant, len(last))
    rows = [
        _item_row(tenant, replace(item, created=item.created or created[name], revision=first + place))
        for place, (name, item) in enumerate(last.items())
    ]
    session.replace(items, "id", rows)


def put_users(session: Session, tenant: str, given: Sequence[User]) -> None:
    """Create or replace; of several with one id the last stays."""
    last = {_named(user.id, "user"): user for user in given}
    created = _created(session, users, tenant, last)
    first = _revisions(session, users, tenant, len(last))
    rows = [
        _user_row(tenant, replace(user, created=user.created or created[name], revision=first + place))
        for place, (name, user) in enumerate(last.items())
    ]
    session.replace(users, "id", rows)


def meet(session: Session, tenant: str, names: tuple[Iterable[str], Iterable[str]]) -> None:
    """Create the users and items that are unknown; they have their ids alone."""
    for table, wanted in zip((users, items), names, strict=True):
        new = session.missing(table, tenant, wanted)
        if not new:
            continue
        first, now = _revisions(session, table, tenant, len(new)), time.time()
        if table is users:
            rows = [_user_row(tenant, User(n, created=now, revision=first + i)) for i, n in enumerate(new)]
        else:
            rows = [_item_row(tenant, Item(n, created=now, revision=first + i)) for i, n in enumerate(new)]
        session.insert(table, rows)


def item(session: Session, tenant: str, name: str) -> Item | None:
    """One item, unless it is unknown or deleted."""
    found = session.run(_of(items, tenant).where(items.c.id == name, ~items.c.deleted)).first()
    return None if found is None else _item(found)


def user(session: Session, tenant: str, name: str) -> User | None:
    """One user, unless he is unknown."""
    found = session.run(_of(users, tenant).where(users.c.id == name)).first()
    return None if found is None else user_of(found)


def list_items(session: Session, tenant: str, after: str, limit: int) -> list[Item]:
    """By id, ascending, behind `after`, without deleted ones."""
    asked = _of(items, tenant).where(items.c.id > after, ~items.c.deleted).order_by(items.c.id).limit(limit)
    return [_item(row) for row in session.rows(asked)]


def list_users(session: Session, tenant: str, after: str, limit: int) -> list[User]:
    """By id, ascending, behind `after`."""
    asked = _of(users, tenant).where(users.c.id > after).order_by(users.c.id).limit(limit)
    return [user_of(row) for row in session.rows(asked)]


def changed_items(session: Session, tenant: str, revision: int, limit: int) -> list[Item]:
    """With a larger revision, ascending, deleted ones among them."""
    asked = _of(items, tenant).where(items.c.revision > revision).order_by(items.c.revision).limit(limit)
    return [_item(row) for row in session.rows(asked)]


def delete_item(session: Session, tenant: str, name: str) -> bool:
    """Leave the id alone of an item, marked as deleted."""
    found = item(session, tenant, name)
    if found is not None:
        put_items(session, tenant, [Item(name, created=found.created, deleted=True)])
    return found is not None


def _revisions(session: Session, table: Table, tenant: str, many: int) -> int:
    """The first of so many new revisions."""
    mine = (counters.c.tenant == tenant) & (counters.c.name == table.name)
    last = session.run(select(counters.c.value).where(mine)).scalar()
    if last is None:
        session.insert(counters, [(tenant, table.name, many)])
        return 1
    session.run(update(counters).where(mine).values(value=last + many))
    return int(last) + 1


def _created(session: Session, table: Table, tenant: str, names: Iterable[str]) -> dict[str, float]:
    """When each came: as stored, else now."""
    asked = select(table.c.id, table.c.created).where(table.c.tenant == tenant, session.among(table.c.id, names))
    return dict.fromkeys(names, time.time()) | {name: when for name, when in session.rows(asked)}


def _named(name: str, what: str) -> str:
    if not name:
        raise DataError(f"The id of an {what} is empty; expected a text." if what == "item" else "A user has no id.")
    return name


def _of(table: Table, tenant: str) -> Any:
    return select(*[column for column in table.columns if column.name != "tenant"]).where(table.c.tenant == tenant)


def _item_row(tenant: str, item: Item) -> Row:
    return (
        tenant,
        item.id,
        item.title,
        dumps(list(item.texts)),
        dumps({modality: list(files) for modality, files in item.media.items()}),
        dumps(dict(item.attributes)),
        item.hidden,
        item.stock,
        item.expires,
        item.created,
        item.revision,
        item.deleted,
    )


def _item(row: Any) -> Item:
    name, title, texts, media, attributes, hidden, stock, expires, created, revision, deleted = row
    files = {modality: tuple(names) for modality, names in loads(media).items()}
    return Item(
        id=name,
        title=title,
        texts=tuple(loads(texts)),
        media=files,
        attributes=loads(attributes),
        hidden=hidden,
        stock=stock,
        expires=expires,
        created=created,
        revision=revision,
        deleted=deleted,
    )


def _user_row(tenant: str, user: User) -> Row:
    return (tenant, user.id, dumps(dict(user.attributes)), user.profiling, user.created, user.revision)


def user_of(row: Any) -> User:
    """From the values of `USER`, in their order."""
    name, attributes, profiling, created, revision = row
    return User(name, loads(attributes), bool(profiling), created, revision)

"""Giving out, and erasing, what is kept of a user; erasing what is old."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from math import inf
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, or_, select, update

from tastemaker.storage import catalogue, lists, log
from tastemaker.storage.base import Event, Shown
from tastemaker.storage.compact import dumps, loads
from tastemaker.storage.database import Session
from tastemaker.storage.migrations import SALT
from tastemaker.storage.schema import about, erasures, events, notes, once, shown, users

Pattern = re.Pattern[str]
_GONE = object()
SETTINGS = ("experiments", "actions", "actions as of", "positive_from", "seeded", "erased")  # notes that hold no users


def export(session: Session, tenant: str, name: str) -> dict[str, Any]:
    """Who he is, what he did and what he was shown, as plain JSON values."""
    who = catalogue.user(session, tenant, name)
    mine = (events.c.tenant == tenant) & (events.c.user == name)
    did = session.rows(select(*log.COLUMNS).where(mine).order_by(events.c.time, events.c.number))
    made: dict[str, Any] = loads(
        dumps(
            {
                "user": None if who is None else asdict(who),
                "events": [asdict(Event(*row)) for row in did],
                "shown": [asdict(each) for each in lists.given_to(session, tenant, name)],
            }
        )
    )
    return made


def forget(session: Session, tenant: str, name: str, when: float) -> int:
    """Delete a user, his events, his lists, and answers and notes that speak of him; how many rows went.

    The erasure is remembered by a salted hash and its time, so that a backup can be restored without him.
    """
    gone = sum(
        session.run(delete(table).where(table.c.tenant == tenant, column == name)).rowcount
        for table, column in ((users, users.c.id), (events, events.c.user), (shown, shown.c.user))
    )
    gone += _forget_answers(session, tenant, name) + _forget_notes(session, tenant, name)
    session.replace(erasures, "digest", [(tenant, digest(_salt(session), tenant, name), when)])
    return gone


def standing(session: Session, tenant: str, given: Sequence[Shown]) -> list[Shown]:
    """Those of the lists whose users were not erased since."""
    salt = _salt(session)
    names = {digest(salt, tenant, each.user): each.user for each in given if each.user}
    mine = (erasures.c.tenant == tenant) & session.among(erasures.c.digest, names)
    gone = {names[key]: when for key, when in session.rows(select(erasures.c.digest, erasures.c.time).where(mine))}
    return [each for each in given if each.time > gone.get(each.user, -inf)]


def retain(session: Session, tenant: str, before: float) -> int:
    """Delete events, lists and answers older than `before`; how many rows went."""
    return sum(
        session.run(delete(table).where(table.c.tenant == tenant, table.c.time < before)).rowcount
        for table in (events, shown, once)
    )


def _salt(session: Session) -> str:
    return str(session.run(select(about.c.value).where(about.c.name == SALT)).scalar())


def digest(salt: str, tenant: str, user: str) -> str:
    """What is remembered of an erased user: the salt of the store, and a hash keyed by it."""
    said = f"{tenant}\0{user}".encode()
    return f"{salt}-{hashlib.blake2b(said, key=salt.encode(), digest_size=16).hexdigest()}"


def salt_of(digest: str) -> str:
    """The salt of what is remembered."""
    return digest.partition("-")[0]


def _forget_answers(session: Session, tenant: str, name: str) -> int:
    said = _pattern(*_forms(name))
    asked = select(once.c.key, once.c.answer).where(
        once.c.tenant == tenant, _holds(name, once.c.key, once.c.body, once.c.answer)
    )
    his = [key for key, answer in session.rows(asked) if said.search(key) or _speaks(answer, said)]
    return _delete(session, once, tenant, "key", his)


def _forget_notes(session: Session, tenant: str, name: str) -> int:
    said = _pattern(name)
    asked = select(notes.c.name, notes.c.value).where(
        notes.c.tenant == tenant, notes.c.name.not_in(SETTINGS), _holds(name, *notes.c["name", "value"])
    )
    whole, changed = [], 0
    for note, value in list(session.rows(asked)):
        left = _GONE if said.search(note) else _without(loads(value), said)
        if left is _GONE:
            whole.append(note)
        elif (text := dumps(left)) != value:
            mine = (notes.c.tenant == tenant) & (notes.c.name == note)
            changed += session.run(update(notes).where(mine).values(value=text)).rowcount
    return changed + _delete(session, notes, tenant, "name", whole)


def _delete(session: Session, table: Table, tenant: str, key: str, names: list[str]) -> int:
    if not names:
        return 0
    same = session.among(table.c[key], names)
    return session.run(delete(table).where(table.c.tenant == tenant, same)).rowcount


def _forms(name: str) -> list[str]:
    """An id as itself and as JSON writes it."""
    return list(dict.fromkeys([name, dumps(name)[1:-1], json.dumps(name)[1:-1]]))


def _holds(name: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*[column.contains(form, autoescape=True) for column in columns for form in _forms(name)])


def _pattern(*forms: str) -> Pattern:
    """An id that is not part of a longer word or number."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, forms))})(?![^\W_])")


def _speaks(answer: str, said: Pattern) -> bool:
    """Whether a text, or a JSON value by its keys and texts, names the user; numbers are no ids."""
    try:
        value = loads(answer)
    except ValueError:
        return bool(said.search(answer))
    return bool(_without(value, said) != value)


def _without(value: Any, said: Pattern) -> Any:
    """A JSON value without the keys and texts that speak of a user; `_GONE` where nothing would stay."""
    if isinstance(value, str):
        return _GONE if said.search(value) else value
    if isinstance(value, list):
        return [left for part in value if (left := _without(part, said)) is not _GONE]
    if isinstance(value, dict):
        pairs = ((key, _without(part, said)) for key, part in value.items() if not said.search(key))
        return {key: left for key, left in pairs if left is not _GONE}
    return value

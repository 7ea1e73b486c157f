"""Lists that were given out, versions of models, answers that are given once, and notes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from tastemaker.core.errors import DataError
from tastemaker.storage.base import Shown, Version
from tastemaker.storage.compact import dumps, loads
from tastemaker.storage.database import Row, Session
from tastemaker.storage.schema import notes, once, shown, versions

DAY = 86_400.0
STATES = ("candidate", "live", "retired", "rejected")


def show(session: Session, tenant: str, given: Sequence[Shown]) -> None:
    """Keep lists; of several with one request id the last stays."""
    last = {each.request: each for each in given}
    rows = [_shown_row(tenant, each) for each in last.values()]
    session.replace(shown, "request", rows)


def _shown_row(tenant: str, each: Shown) -> Row:
    return (
        tenant,
        each.request,
        each.user,
        each.time,
        each.model,
        each.scenario,
        dumps(dict(each.arms)),
        dumps(list(each.items)),
        dumps([float(score) for score in each.scores]),
        dumps([float(chance) for chance in each.propensities]),
        dumps(list(each.sources)),
    )


def given_out(session: Session, tenant: str, since: float, limit: int) -> list[Shown]:
    """Not older than `since`, oldest first."""
    mine = (shown.c.tenant == tenant) & (shown.c.time >= since)
    return [_shown(row) for row in session.rows(select(shown).where(mine).order_by(shown.c.time).limit(limit))]


def given_to(session: Session, tenant: str, user: str) -> list[Shown]:
    """To one user, oldest first."""
    mine = (shown.c.tenant == tenant) & (shown.c.user == user)
    return [_shown(row) for row in session.rows(select(shown).where(mine).order_by(shown.c.time))]


def _shown(row: Any) -> Shown:
    _, request, user, when, model, scenario, arms, *columns = row
    items, scores, propensities, sources = (tuple(loads(column)) for column in columns)
    return Shown(request, user, when, model, scenario, loads(arms), items, scores, propensities, sources)


def put_version(session: Session, tenant: str, version: Version) -> None:
    """Create or replace; making it live retires the one that was."""
    if version.state not in STATES:
        raise DataError(f"A version cannot be {version.state!r}; expected one of {', '.join(STATES)}.")
    if version.state == "live":
        live = (versions.c.tenant == tenant) & (versions.c.state == "live")
        session.run(update(versions).where(live).values(state="retired"))
    row = (tenant, version.name, str(version.folder), version.created, version.state, dumps(dict(version.figures)))
    session.replace(versions, "name", [row])


def list_versions(session: Session, tenant: str) -> list[Version]:
    """Oldest first."""
    mine = select(versions).where(versions.c.tenant == tenant).order_by(versions.c.created, versions.c.name)
    return [
        Version(name, Path(folder), created, state, loads(figures))
        for _, name, folder, created, state, figures in session.rows(mine)
    ]


def answered(session: Session, tenant: str, key: str, body: str) -> str | None:
    """The answer that is kept under a key; raises `DataError` where it was to another body."""
    mine = (once.c.tenant == tenant) & (once.c.key == key) & (once.c.time > time.time() - DAY)
    found = session.run(select(once.c.body, once.c.answer).where(mine)).first()
    if found is None:
        return None
    if found.body != body:
        raise DataError(f"The idempotency key {key!r} was used for another request; take a new key for each.")
    return str(found.answer)


def answer(session: Session, tenant: str, key: str, said: tuple[str, str]) -> str | None:
    """Keep (body, answer) under a key for a day, unless there is one: then give that."""
    session.run(delete(once).where(once.c.time <= time.time() - DAY))
    kept = answered(session, tenant, key, said[0])
    if kept is None:
        session.insert(once, [(tenant, key, *said, time.time())])
    return kept


def put_note(session: Session, tenant: str, name: str, value: Any) -> None:
    """Keep a JSON value."""
    session.replace(notes, "name", [(tenant, name, dumps(value))])


def note(session: Session, tenant: str, name: str) -> Any:
    """The value that is kept, None without."""
    mine = (notes.c.tenant == tenant) & (notes.c.name == name)
    found = session.run(select(notes.c.value).where(mine)).scalar()
    return None if found is None else loads(found)

"""What a tenant has as a `Dataset`: the same that reading a data folder would give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select

from tastemaker.core.errors import DataError
from tastemaker.data import Dataset, Vocabulary
from tastemaker.data.build import build
from tastemaker.data.columns import ROLES
from tastemaker.data.content import MEDIA
from tastemaker.data.events import canonical
from tastemaker.data.receipt import Ledger
from tastemaker.data.settings import DataSettings
from tastemaker.data.sources.arrow import to_arrow
from tastemaker.data.sources.tables import Tables
from tastemaker.storage.compact import loads
from tastemaker.storage.database import Session
from tastemaker.storage.schema import events, items, users

CHUNK = 50_000
POSITIVE = "positive_from"  # a note: ratings from here on are positive
Columns = dict[str, Any]


class _Places(dict[str, int]):
    """Numbers of names, given as they come."""

    def __missing__(self, name: str) -> int:
        self[name] = place = len(self)
        return place

    def of(self, names: Iterable[str], n: int) -> NDArray[np.int64]:
        return np.fromiter(map(self.__getitem__, names), np.int64, n)


def snapshot(session: Session, tenant: str, media: Path | None, until: float | None, settings: DataSettings) -> Dataset:
    """Events before `until` in order of (time, arrival), all users who may be learned from, all items.

    Args:
        session: One that reads.
        tenant: Whose.
        media: The folder of his items' files; None leaves files out.
        until: Seconds since 1970; None takes everything.
        settings: How events are weighed and repeated ones merged.

    Raises:
        DataError: There are no events.
    """
    people, things = _Places(), _Places()
    about_people, about_things = _users(session, tenant, people), _items(session, tenant, things, media)
    log = _events(session, tenant, until, (people, things))
    if not len(log[_own("user_id")]):
        raise DataError(f"The tenant {tenant!r} has no events to learn from.")
    columns = {**about_people, **about_things, **log}
    settings = replace(
        settings,
        columns={role: _own(role) if _own(role) in columns else "" for role in ROLES},
        near_duplicates=False,
        outliers=0,
        outlier_rate=0,
    )
    tables = Tables(
        "store",
        "store",
        to_arrow(log, "events"),
        to_arrow(about_things, "items"),
        to_arrow(about_people, "users"),
        media,
    )
    data = build(tables, settings, Ledger()).data
    names = [
        Vocabulary(tuple(ids[int(place)] for place in vocabulary.ids))
        for ids, vocabulary in ((list(people), data.users), (list(things), data.items))
    ]
    return replace(data, users=names[0], items=names[1], name=tenant)


def _own(role: str) -> str:
    """A column's name that no attribute has."""
    return f"\0{role}"


def _users(session: Session, tenant: str, people: _Places) -> Columns:
    mine = select(users.c.id, users.c.attributes).where(users.c.tenant == tenant, users.c.profiling)
    rows = list(session.rows(mine.order_by(users.c.id)))
    ids = [row.id for row in rows]
    return {
        _own("user_id"): people.of(ids, len(ids)),
        **_attributes([row.attributes for row in rows]),
    }


def _items(session: Session, tenant: str, things: _Places, media: Path | None) -> Columns:
    asked = (items.c.id, items.c.title, items.c.texts, items.c.media, items.c.attributes)
    mine = select(*asked).where(items.c.tenant == tenant, ~items.c.deleted).order_by(items.c.id)
    rows = list(session.rows(mine))
    ids = [row.id for row in rows]
    files = [loads(row.media) for row in rows]
    there = [] if media is None else [m for m in MEDIA if any(m in each for each in files)]
    return {
        _own("item_id"): things.of(ids, len(ids)),
        _own("title"): [row.title for row in rows],
        _own("text"): [" ".join(loads(row.texts)) for row in rows],
        **{_own(m): ["|".join(each.get(m, ())) for each in files] for m in there},
        **_attributes([row.attributes for row in rows]),
    }


def _attributes(texts: Sequence[str]) -> Columns:
    said = [loads(text) for text in texts]
    names = sorted(set(chain.from_iterable(said)))
    return {name: _alike([each.get(name) for each in said]) for name in names}


def _alike(values: list[Any]) -> list[Any]:
    """Lists where some are lists."""
    if not any(isinstance(value, list) for value in values):
        return values
    return [value if isinstance(value, list) or value is None else [str(value)] for value in values]


def _events(session: Session, tenant: str, until: float | None, known: tuple[_Places, _Places]) -> Columns:
    """Columns of the events in order of arrival."""
    import pyarrow as pa

    kinds, visits = _Places(), _Places({"": -1})
    parts: list[list[Any]] = [[] for _ in range(7)]
    for rows in _chunks(session, _asked(tenant, until)):
        user, item, kind, value, time, visit, comment = zip(*rows, strict=True)
        n = len(user)
        coded = (known[0].of(user, n), known[1].of(item, n), kinds.of(kind, n), visits.of(visit, n))
        numbers = (np.array(value), np.array(time), np.array(comment, object) if any(comment) else np.full(n, ""))
        for part, column in zip(parts, (*coded, *numbers), strict=True):
            part.append(column)
    whole = [np.concatenate(part) if part else np.zeros(0, np.int64) for part in parts]
    users_, items_, kind_, visit_, value_, time_, comment_ = whole
    rates = np.array([canonical(name) == "rate" for name in kinds] or [False])[kind_]
    made: Columns = {"user_id": users_, "item_id": items_, "timestamp": time_}
    made["event"] = pa.DictionaryArray.from_arrays(pa.array(kind_, pa.int32()), pa.array(list(kinds), pa.string()))
    if rates.any():
        made["rating"] = pa.array(value_, mask=~rates)
    if len(visits) > 1:
        made["session_id"] = pa.array(visit_, mask=visit_ < 0)
    if (comment_ != "").any():
        made["comment"] = pa.array(comment_, pa.string())
    return {_own(role): column for role, column in made.items()}


def _asked(tenant: str, until: float | None) -> Select[Any]:
    c = events.c
    not_his = select(users.c.id).where(users.c.tenant == tenant, ~users.c.profiling)
    asked = select(c.user, c.item, c.kind, c.value, c.time, c.session, c.comment)
    asked = asked.where(c.tenant == tenant, c.user.not_in(not_his)).order_by(c.number)
    return asked if until is None else asked.where(c.time < until)


def _chunks(session: Session, asked: Select[Any]) -> Iterable[Sequence[Any]]:
    connection = session.connection.execution_options(stream_results=True, max_row_buffer=CHUNK)
    return connection.execute(asked).partitions(CHUNK)

"""A `Dataset` into a store: how a service begins with what is there already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.data import Dataset, Interactions, Table
from tastemaker.data.content import MEDIA
from tastemaker.data.events import WEIGHTS
from tastemaker.storage import catalogue
from tastemaker.storage.base import Attribute, Item, User
from tastemaker.storage.database import Row, Session
from tastemaker.storage.schema import events, items, users
from tastemaker.storage.shop import SqlShop
from tastemaker.storage.snapshot import POSITIVE

CHUNK = 50_000  # rows a transaction
_BY_SIGN = ("neutral", "like", "dislike")  # indexed by the sign 0, 1, -1


def seed(shop: SqlShop, data: Dataset, run: Run | None = None) -> int:
    """Add users, items and events that the shop does not have; what it has stays as it is.

    Events get ids made of what they say, so that a second call, or one after an interruption, adds only what is
    missing. Media files are copied into the shop's media folder, where it has one; ready-made vectors are left out.

    Args:
        shop: Of a store in SQL.
        data: What to add.
        run: Hears of progress.

    Returns:
        How many events were added.
    """
    run = run or Run()
    liked = data.interactions.value[data.interactions.sign > 0]
    if data.explicit and len(liked) and shop.note(POSITIVE) is None:
        shop.note(POSITIVE, float(liked.min()))
    user_rows, item_rows = range(0, len(data.users), CHUNK), range(0, len(data.items), CHUNK)
    for start in run.progress(user_rows, "users", len(user_rows)):
        with shop.database.writing() as session:
            _add_users(session, shop.tenant, data, range(start, min(start + CHUNK, len(data.users))))
    for start in run.progress(item_rows, "items", len(item_rows)):
        with shop.database.writing() as session:
            _add_items(session, shop, data, range(start, min(start + CHUNK, len(data.items))))
    added, chunks = 0, -(-len(data.interactions) // CHUNK)
    for rows in run.progress(_event_rows(shop.tenant, data), "events", chunks):
        with shop.database.writing() as session:
            added += _add_events(session, shop.tenant, rows)
    run.say(f"{shop.tenant}: {len(data.users):,} users, {len(data.items):,} items, {added:,} new events")
    return added


def _add_users(session: Session, tenant: str, data: Dataset, rows: range) -> None:
    known = session.there(users, tenant, data.users.ids[rows.start : rows.stop])
    new = [row for row in rows if data.users.ids[row] not in known]
    catalogue.put_users(
        session, tenant, [User(data.users.ids[row], _attributes(data.user_attributes, row)) for row in new]
    )


def _add_items(session: Session, shop: SqlShop, data: Dataset, rows: range) -> None:
    known = session.there(items, shop.tenant, data.items.ids[rows.start : rows.stop])
    new = [row for row in rows if data.items.ids[row] not in known]
    catalogue.put_items(session, shop.tenant, [_item(shop, data, row) for row in new])


def _item(shop: SqlShop, data: Dataset, row: int) -> Item:
    title = data.titles[row] if data.titles else ""
    said = data.content["text"][row] if "text" in data.content else ()
    texts = said[1:] if title and said[:1] == (title,) else said
    files = {}
    if shop.media is not None and data.root is not None:
        files = {m: _copied(data.content[m][row], data.root, shop.media) for m in MEDIA if m in data.content}
    media = {modality: names for modality, names in files.items() if names}
    return Item(data.items.ids[row], title, tuple(texts), media, _attributes(data.item_attributes, row))


def _copied(files: Sequence[Path], root: Path, media: Path) -> tuple[str, ...]:
    """Names, relative to `media`, of those of the files that are there; they are copied where they are not yet."""
    names = []
    for file in files:
        name = file.relative_to(root)
        if file.is_file():
            (media / name).parent.mkdir(parents=True, exist_ok=True)
            if file != media / name and not (media / name).exists():
                shutil.copyfile(file, media / name)
            names.append(name.as_posix())
    return tuple(names)


def _attributes(table: Table, row: int) -> dict[str, Attribute]:
    made: dict[str, Attribute] = {}
    for name, column in table.items():
        value = column.values[row]
        if column.kind == "number":
            made |= {name: float(value)} if np.isfinite(value) else {}
        elif value:
            made[name] = value.split("|") if column.kind == "category" and "|" in value else str(value)
    return made


def _event_rows(tenant: str, data: Dataset) -> Iterator[list[Row]]:
    """Rows of events by chunks, oldest first.

    Their ids begin with the time, which keeps the index of ids in few pages.
    """
    log, (names, kinds) = data.interactions, _kinds(data)
    values = log.value if data.explicit else np.ones_like(log.value)
    columns = (log.user, log.item, kinds, values, log.time, log.session, _earlier_equals(log, kinds, values))
    user, item = data.users.ids, data.items.ids
    users_, items_, kinds_ = ([_hash(name) for name in each] for each in (user, item, names))
    for start in range(0, len(log), CHUNK):
        said = [column[start : start + CHUNK].tolist() for column in columns]
        n = len(said[0])
        comments = [""] * n if data.comments is None else data.comments[start : start + CHUNK].tolist()
        rows = []
        for u, i, kind, value, time, visit, before, comment in zip(*said, comments, strict=True):
            name = f"{time:x}-{users_[u]}{items_[i]}{kinds_[kind]}-{value:g}-{before}"
            session = f"s{visit}" if visit >= 0 else ""
            rows.append((tenant, name, user[u], item[i], names[kind], value, float(time), session, "", comment))
        yield rows


def _hash(name: str) -> str:
    return blake2b(name.encode(), digest_size=5).hexdigest()


def _earlier_equals(log: Interactions, kinds: NDArray[Any], values: NDArray[Any]) -> NDArray[np.int64]:
    """How many rows before each say the same, shape (n,)."""
    columns = (log.user, log.item, log.time, kinds, values)
    order = np.lexsort(columns)
    starts = np.ones(len(order), bool)
    starts[1:] = np.logical_or.reduce([np.diff(column[order]) != 0 for column in columns])
    rank = np.arange(len(order))
    before = np.empty(len(order), np.int64)
    before[order] = rank - np.maximum.accumulate(np.where(starts, rank, 0))
    return before


def _kinds(data: Dataset) -> tuple[list[str], NDArray[np.intp]]:
    """Names of events, and the one of each row that has its sign."""
    log, names = data.interactions, list(data.events)
    if data.explicit:
        return ["rate"], np.zeros(len(log), np.intp)
    signs = np.sign([WEIGHTS.get(name, 1.0) for name in names])
    other = len(names) + np.arange(len(_BY_SIGN))
    kinds = np.where(signs[log.kind] == log.sign, log.kind, other[log.sign])
    return [*names, *_BY_SIGN], kinds


def _add_events(session: Session, tenant: str, rows: list[Row]) -> int:
    known = session.there(events, tenant, [row[1] for row in rows])
    new = [row for row in rows if row[1] not in known] if known else rows
    session.insert(events, new, skip=1)
    return len(new)

"""A data set put into a store, once: users, items, and events whose ids come from what they say."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from tastemaker.core import Run
from tastemaker.data import Dataset, Table
from tastemaker.storage.base import Attribute, Event, Item, Shop, User
from tastemaker.storage.snapshot import POSITIVE, RATE

CHUNK = 20_000


def seed(shop: Shop, data: Dataset, run: Run) -> int:
    """Put what is not there yet; how many events were new. Stopped halfway, the next call goes on."""
    now = time.time()
    if data.explicit and (data.interactions.sign > 0).any():
        shop.note(POSITIVE, float(data.interactions.value[data.interactions.sign > 0].min()))
    for part in run.progress(_parts(len(data.items)), "items", -(-len(data.items) // CHUNK)):
        shop.put_items([_item(data, row, now) for row in part])
    for part in run.progress(_parts(len(data.users)), "users", -(-len(data.users) // CHUNK)):
        shop.put_users([User(data.users.ids[row], _attributes(data.user_attributes, row), created=now) for row in part])
    n, new, seen = len(data.interactions), 0, Counter[str]()
    for part in run.progress(_parts(n), "events", -(-n // CHUNK)):
        new += sum(shop.append(_events(data, part, seen)))
    return new


def _parts(n: int) -> Iterator[range]:
    return (range(at, min(at + CHUNK, n)) for at in range(0, n, CHUNK))


def _item(data: Dataset, row: int, now: float) -> Item:
    texts = data.content.get("text")
    title = data.titles[row] if data.titles else ""
    more = tuple(text for text in texts[row] if text != title) if texts else ()
    return Item(data.items.ids[row], title, more, attributes=_attributes(data.item_attributes, row), created=now)


def _attributes(table: Table, row: int) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for name, column in table.items():
        value = column.values[row]
        if column.kind == "number":
            if np.isfinite(value):
                found[name] = float(value)
        elif value:
            found[name] = value.split("|") if "|" in value else str(value)
    return found


def _events(data: Dataset, rows: range, seen: Counter[str]) -> list[Event]:
    log, users, items = data.interactions, data.users.ids, data.items.ids
    part = slice(rows.start, rows.stop)
    columns: list[Any] = [c[part].tolist() for c in (log.user, log.item, log.kind, log.value, log.time, log.session)]
    made = []
    for n, (user, item, kind, value, at, session) in enumerate(zip(*columns, strict=True), rows.start):
        name = RATE if data.explicit and not data.events[kind] else data.events[kind]
        said = f"{users[user]}\0{items[item]}\0{name}\0{value:g}\0{at}"
        seen[said] += 1
        mark = hashlib.blake2b(f"{said}\0{seen[said]}".encode(), digest_size=16).hexdigest()
        comment = "" if data.comments is None else str(data.comments[n])
        visit = f"seed {session}" if session >= 0 else ""
        made.append(Event(users[user], items[item], name, value, max(at, 0), f"seed {mark}", visit, "", comment))
    return made

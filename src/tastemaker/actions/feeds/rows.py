"""Rows of tables, whatever their columns are called, as items, users and events."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from tastemaker.actions.feeds.base import Row
from tastemaker.actions.feeds.values import (
    attributes_of,
    missing,
    name_of,
    number_of,
    seconds_of,
    text_of,
    truth_of,
)
from tastemaker.core import DataError
from tastemaker.data.columns import find_roles
from tastemaker.data.content import MEDIA
from tastemaker.data.dataset import Modality
from tastemaker.data.paths import inside
from tastemaker.data.receipt import Ledger
from tastemaker.storage.base import Attribute, Event, Item, User

Kind = Literal["items", "users", "events"]
TABLES: Mapping[Kind, str] = {"items": "items", "users": "users", "events": "interactions"}
OWN = {"kind": "event", "value": "rating"}  # what events call them over HTTP
PLAIN = ("hidden", "stock", "expires", "created", "texts", "media", "attributes")
RATE = "rate"


@lru_cache(maxsize=256)
def roles_of(kind: Kind, header: tuple[str, ...]) -> Mapping[str, str]:
    """Our name of each column -> theirs; raises `DataError` where a needed one is missing."""
    given = {ours: theirs for theirs, ours in OWN.items() if kind == "events" and theirs in header}
    return find_roles(TABLES[kind], header, given, Ledger())


def guess(header: tuple[str, ...]) -> Kind:
    """What rows with these columns are.

    Raises:
        DataError: they are none of the three, or ``id`` alone could be two.
    """
    fitting: list[Kind] = []
    for kind in ("events", "items", "users"):
        try:
            roles = roles_of(kind, header)
        except DataError:
            continue
        if kind == "events" or "id" not in roles.values():
            return kind
        fitting.append(kind)
    if len(fitting) == 1:
        return fitting[0]
    raise DataError(
        f"What are rows with the columns {', '.join(header[:20])}? Say it: --as {'|'.join(get_args(Kind))}."
    )


def event_of(row: Row, now: float) -> Event:
    """The event that a row tells; without an id of its own it gets one made of what it says.

    A row without a time is told from others like it by its place, so that each counts, and counts once.

    Raises:
        ValueError: a cell cannot be what it should.
    """
    cells = _cells("events", row)
    rated = "rating" in cells and "value" not in row.values
    event = Event(
        user=name_of(cells.get("user_id"), "user"),
        item=name_of(cells.get("item_id"), "item"),
        kind=text_of(cells.get("event")) or (RATE if rated else ""),
        value=number_of(cells["rating"], "value") if "rating" in cells else 1.0,
        time=seconds_of(cells["timestamp"]) if "timestamp" in cells else 0.0,
        session=text_of(cells.get("session_id")),
        request=text_of(row.values.get("request")),
        comment=text_of(cells.get("comment")),
    )
    own = row.values.get("id", row.values.get("event_id"))
    mark = _mark(event, row) if missing(own) else name_of(own, "id")
    return replace(event, id=mark, time=event.time or now)


def _mark(event: Event, row: Row) -> str:
    said = [event.user, event.item, event.kind, f"{event.value:g}", f"{event.time:.6f}", event.session]
    if not event.time:
        said += [row.part, str(row.position)]
    return "import " + hashlib.blake2b("\0".join(said).encode(), digest_size=16).hexdigest()


def item_of(row: Row, known: Item | None, now: float) -> Item:
    """The item that a row tells; files and times that it does not speak of stay as they are known.

    Raises:
        ValueError: a cell cannot be what it should.
    """
    cells = _cells("items", row)
    values = row.values
    before = known or Item("", created=now)
    texts = values.get("texts") or [cells.get("text")]
    return Item(
        id=name_of(cells.get("item_id"), "item"),
        title=text_of(cells.get("title")),
        texts=tuple(text_of(text) for text in texts if not missing(text)),
        media=_media(values, cells) or before.media,
        attributes=_rest("items", row, ("item_id", "title", "text", *MEDIA)),
        hidden=truth_of(values["hidden"], "truth") if not missing(values.get("hidden")) else False,
        stock=None if missing(values.get("stock")) else int(number_of(values["stock"], "stock")),
        expires=None if missing(values.get("expires")) else seconds_of(values["expires"]),
        created=before.created if missing(values.get("created")) else seconds_of(values["created"]),
    )


def user_of(row: Row, known: User | None, now: float) -> User:
    """The user that a row tells; whether he is profiled stays as it is known where the row does not speak of it.

    Raises:
        ValueError: a cell cannot be what it should.
    """
    before = known or User("", created=now)
    said = row.values.get("profiling")
    return User(
        id=id_of("users", row),
        attributes=_rest("users", row, ("user_id",)),
        profiling=before.profiling if missing(said) else truth_of(said, "truth"),
        created=before.created,
    )


def id_of(kind: Literal["items", "users"], row: Row) -> str:
    """The id of what a row tells."""
    return name_of(_cells(kind, row).get("item_id" if kind == "items" else "user_id"), kind[:-1])


def _cells(kind: Kind, row: Row) -> dict[str, Any]:
    """What is there, by our names."""
    try:
        roles = roles_of(kind, tuple(row.values))
    except DataError as error:
        raise ValueError(str(error)) from error
    return {ours: row.values[theirs] for ours, theirs in roles.items() if not missing(row.values[theirs])}


def _rest(kind: Kind, row: Row, roles: tuple[str, ...]) -> dict[str, Attribute]:
    """Attributes: what is called so, and every column that is nothing else."""
    found = roles_of(kind, tuple(row.values))
    taken = {found[name] for name in roles if name in found and not _address(row.values[found[name]])}
    taken |= {*PLAIN, "profiling"}
    given = row.values.get("attributes") or {}
    return attributes_of({**{name: value for name, value in row.values.items() if name not in taken}, **given})


def _media(values: Mapping[str, Any], cells: Mapping[str, Any]) -> dict[Modality, tuple[str, ...]]:
    """Files by modality; an address on the net is none of ours."""
    said: dict[Modality, Any] = {name: cells[name] for name in MEDIA if name in cells and not _address(cells[name])}
    said |= values.get("media") or {}
    named = {name: files.split("|") if isinstance(files, str) else files for name, files in said.items()}
    return {name: tuple(_own(file) for file in files) for name, files in named.items()}


def _own(file: str) -> str:
    inside(Path(), file)
    return file


def _address(value: Any) -> bool:
    return isinstance(value, str) and "://" in value

"""Reading a source into a store: each row once, told where it cannot be taken, resumed where it was left."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tastemaker.actions.feeds.base import Position, Row, Source
from tastemaker.actions.feeds.database import Question
from tastemaker.actions.feeds.files import Files
from tastemaker.actions.feeds.rows import Kind, event_of, guess, id_of, item_of, user_of
from tastemaker.core import BadSetting, DataError, Run, ServiceError
from tastemaker.storage.base import Event, Item, Shop, User

BATCH = 2000  # rows that are stored together
SHOWN = 20  # refused rows that an answer names
TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class ImportRequest:
    """What is read, and where it goes.

    Attributes:
        source: A file, a pattern, an address of fsspec, or ``postgresql://...?query=...``.
        store: URL of the store; None is SQLite in `home`.
        home: The folder of a service.
        tenant: Whose it becomes.
        kind: What the rows are; None guesses by the columns.
        follow: Keep looking for more.
        every: Seconds between two looks.
        refused: A file that gets a line of JSON for every row that is not taken.
        run: Progress.
    """

    source: str
    store: str | None = None
    home: Path | None = None
    tenant: str = "default"
    kind: Kind | None = None
    follow: bool = False
    every: float = 2.0
    refused: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass
class ImportReport:
    """What became of the rows.

    Attributes:
        source: Where they came from.
        kind: What they were.
        rows: How many were read this time.
        new: Stored; of items and users also those that replaced others.
        known: Events that were there already.
        refused: Not taken.
        why: Of the first refused ones, where each stands and what is wrong.
    """

    source: str
    kind: str = ""
    rows: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    why: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For people."""
        head = f"{self.source}: {self.rows:,} rows, {self.new:,} {self.kind or 'rows'} stored"
        head += f", {self.known:,} known already, {self.refused:,} refused"
        more = self.refused - len(self.why)
        return "\n".join([head, *(f"  {line}" for line in self.why), *([f"  and {more:,} more"] if more > 0 else [])])

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def import_rows(request: ImportRequest, stop: threading.Event | None = None) -> ImportReport:
    """Read all there is; with `follow`, go on until `stop` is set.

    Events count once by their ids; those without get one made of what they say, so reading them again is harmless.
    The place is kept in the store after every batch: an interrupted import goes on from there.

    Raises:
        BadSetting: no store is named, or what is named is none.
        DataError: the source is not there, or its rows are of no known kind.
        ServiceError: source or store do not answer; with `follow` they are asked again.
    """
    from tastemaker.storage.open import open_store

    if not TENANT.fullmatch(request.tenant):
        raise BadSetting(f"{request.tenant!r} is no tenant; expected small letters, digits, - and _.")
    source = source_of(request.source)
    with closing(open_store(_store_url(request))) as store:
        loading = Loading(store.shop(request.tenant), source, request)
        ended = stop or threading.Event()
        while True:
            try:
                loading.read()
            except ServiceError as error:
                if not request.follow:
                    raise
                request.run.say(f"{error} It is tried again.")
            if not request.follow or ended.wait(request.every):
                return loading.report


def source_of(text: str) -> Source:
    """Files, or a question to a data base."""
    return Question(text) if text.startswith(("postgresql://", "postgres://")) else Files(text)


class Loading:
    """One source on its way into one shop.

    Args:
        shop: Where to.
        source: Where from.
        request: How.

    Attributes:
        report: What became of the rows so far.
    """

    def __init__(self, shop: Shop, source: Source, request: ImportRequest) -> None:
        self._shop, self._source, self._request = shop, source, request
        self._note = "import " + hashlib.sha256(source.name.encode()).hexdigest()[:32]
        self.report = ImportReport(source.name, request.kind or "")

    def read(self) -> None:
        """All rows behind the place that the store keeps; where no more is to come, all are read the next time."""
        places: dict[str, Position] = self._shop.note(self._note) or {}
        before = self.report.rows
        rows = self._source.rows(places, self._request.follow)
        for batch in self._request.run.progress(_batches(rows), "batches"):
            self._take(batch)
            places.update({row.part: row.position for row in batch})
            if self._request.follow or self.report.kind == "events":
                self._shop.note(self._note, places)
        if not self._request.follow:
            self._shop.note(self._note, {})
        elif self.report.rows > before:
            self._request.run.say(self.report.text().split("\n", 1)[0])

    def _take(self, batch: Sequence[Row]) -> None:
        now = time.time()
        self.report.rows += len(batch)
        made: list[tuple[Row, Any]] = []
        for row in batch:
            if not self.report.kind and not row.wrong:
                self.report.kind = guess(tuple(row.values))
            try:
                made.append((row, self._made(row, now)))
            except ValueError as error:
                self._refuse(row, str(error))
        if made:
            self._put(made)

    def _made(self, row: Row, now: float) -> Event | Item | User:
        if row.wrong:
            raise ValueError(row.wrong)
        if self.report.kind == "items":
            return item_of(row, self._shop.item(id_of("items", row)), now)
        if self.report.kind == "users":
            return user_of(row, self._shop.user(id_of("users", row)), now)
        return event_of(row, now)

    def _put(self, made: Sequence[tuple[Row, Any]]) -> None:
        """Together; where one cannot be stored, each alone."""
        try:
            new = self._stored([thing for _, thing in made])
        except DataError as error:
            if len(made) > 1:
                for one in made:
                    self._put([one])
            else:
                self._refuse(made[0][0], str(error))
            return
        self.report.new += new
        self.report.known += len(made) - new

    def _stored(self, things: list[Any]) -> int:
        if self.report.kind == "events":
            return sum(self._shop.append(things))
        put: Callable[[list[Any]], None] = self._shop.put_items if self.report.kind == "items" else self._shop.put_users
        put(things)
        return len(things)

    def _refuse(self, row: Row, why: str) -> None:
        self.report.refused += 1
        if len(self.report.why) < SHOWN:
            self.report.why.append(f"{row.place}: {why}")
        if self._request.refused is not None:
            with self._request.refused.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"where": row.place, "what": why}, ensure_ascii=False) + "\n")


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _store_url(request: ImportRequest) -> str:
    from tastemaker.serving.home import Home

    if request.store is not None:
        return request.store
    if request.home is None:
        raise BadSetting("Say where it goes: --store URL, or --home DIR of a service.")
    return Home(request.home.absolute()).make().store_url

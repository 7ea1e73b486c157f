"""A client of a running service, in Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote
from uuid import uuid4

from tastemaker.http.transport import Transport
from tastemaker.serving.ask import Answer, Listed

BATCH = 1000  # rows of one request
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of events.

    Attributes:
        new: Stored now.
        known: Stored before, by the same id.
    """

    new: int
    known: int


class Client:
    """Talks to a service that ``tastemaker serve`` started; may be used by several threads.

    What fails on the way, and what the service puts off (429, 503), is sent again: after the time that the service
    names, else after pauses that double. Nothing counts twice by that: rows carry an idempotency key, events an id.

        with tastemaker.Client("http://127.0.0.1:8000", key) as shop:
            shop.send([{"user": "ann", "item": "i3", "kind": "like"}])
            for listed in shop.recommend("ann", k=5).items:
                ...

    Args:
        url: Of the service.
        key: With the scopes that the calls need.
        settings: As of `Transport`: ``timeout`` and ``longest`` in seconds, ``tries``.

    Every method raises `DataError` where the service refuses what is asked, and says why; `ServiceError` where it does
    not answer after all tries.
    """

    def __init__(self, url: str, key: str, **settings: Any) -> None:
        self._to = Transport(url, key, **settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self._to.close()

    def recommend(self, user: str = "", k: int = 20, **settings: Any) -> Answer:
        """A list for a user, a visitor or examples.

        Args:
            user: Who; "" is a visitor.
            k: Length, 1..200.
            settings: As the fields of `serving.ask.Ask`: ``events``, ``items``, ``filter``, ``explain``, ...
        """
        said = self._to.ask("POST", "/v1/recommend", json={"user": user, "k": k, **settings})
        return Answer(said["request"], _listed(said), said["model"], said["degraded"], said["arms"])

    def similar(self, item: str, k: int = 10, filter: str = "") -> Sequence[Listed]:
        """Items like an item, nearest first."""
        return _listed(self._to.ask("POST", "/v1/similar", json={"item": item, "k": k, "filter": filter}))

    def similar_users(self, user: str, k: int = 10) -> dict[str, float]:
        """Users like a user and how much, nearest first."""
        said = self._to.ask("POST", "/v1/similar", json={"user": user, "k": k})
        return {one["user"]: one["score"] for one in said["users"]}

    def bought_together(self, item: str, k: int = 10, filter: str = "") -> Sequence[Listed]:
        """What those who chose an item chose too."""
        return _listed(self._to.ask("POST", "/v1/bought-together", json={"item": item, "k": k, "filter": filter}))

    def search(self, text: str, k: int = 10, filter: str = "") -> Sequence[Listed]:
        """Items by words."""
        return _listed(self._to.ask("POST", "/v1/search", json={"text": text, "k": k, "filter": filter}))

    def search_by(
        self, modality: Literal["image", "audio"], file: Path | bytes, k: int = 10, filter: str = ""
    ) -> Sequence[Listed]:
        """Items by a picture or a sound."""
        asked = {"k": k, "filter": filter}
        return _listed(self._to.ask("POST", f"/v1/{modality}/search", params=asked, content=_content(file)))

    def rate(self, user: str, items: Sequence[str]) -> dict[str, float]:
        """Predicted ratings by item; only of models that predict some."""
        said = self._to.ask("POST", "/v1/rate", json={"user": user, "items": list(items)})
        return {one["item"]: one["rating"] for one in said["ratings"]}

    def trending(self, k: int = 20, filter: str = "") -> Sequence[Listed]:
        """What is asked for now."""
        return _listed(self._to.ask("GET", "/v1/trending", params={"k": k, "filter": filter}))

    def onboarding(self, k: int = 5, filter: str = "") -> Sequence[Listed]:
        """What to ask a newcomer about first."""
        return _listed(self._to.ask("GET", "/v1/onboarding", params={"k": k, "filter": filter}))

    def put_items(self, items: Iterable[Row]) -> int:
        """Create or replace items, in batches; how many.

        Args:
            items: With ``id``, and ``title``, ``texts``, ``attributes``, ``hidden``, ``stock``, ``expires`` as wanted.
        """
        return sum(self._put("items", batch) for batch in _batches(items))

    def put_users(self, users: Iterable[Row]) -> int:
        """Create or replace users, in batches; how many.

        Args:
            users: With ``id``, and ``attributes`` and ``profiling`` as wanted.
        """
        return sum(self._put("users", batch) for batch in _batches(users))

    def send(self, events: Iterable[Row]) -> Sent:
        """Store events, in batches; durable when it returns.

        Args:
            events: With ``user`` and ``item``, and ``kind``, ``value``, ``time``, ``session``, ``request`` (of the list
                that they answer), ``comment`` as wanted. Those without ``id`` get one.
        """
        new = known = 0
        for batch in _batches(events):
            said = self._to.ask("POST", "/v1/events", json=[{"id": uuid4().hex, **event} for event in batch])
            new, known = new + said["new"], known + said["known"]
        return Sent(new, known)

    def upload(self, item: str, modality: Literal["image", "audio", "video"], file: Path | bytes) -> str:
        """Give an item a picture, sound or video, in place of those it has; where the service keeps it."""
        path = f"/v1/items/{quote(item, safe='')}/media/{modality}"
        return str(self._to.ask("PUT", path, content=_content(file))["file"])

    def export(self, user: str) -> dict[str, Any]:
        """Everything that is kept of a user; the key needs the scope admin."""
        found: dict[str, Any] = self._to.ask("GET", f"/v1/users/{quote(user, safe='')}/export")
        return found

    def erase(self, user: str) -> int:
        """Erase a user and all he did; how many rows went. The key needs the scope admin."""
        return int(self._to.ask("DELETE", f"/v1/users/{quote(user, safe='')}")["rows"])

    def _put(self, what: str, batch: list[Row]) -> int:
        once = {"Idempotency-Key": uuid4().hex}
        return int(self._to.ask("POST", f"/v1/{what}", json=[dict(row) for row in batch], headers=once)[what])


def _listed(said: Mapping[str, Any]) -> tuple[Listed, ...]:
    return tuple(Listed(**one) for one in said["items"])


def _content(file: Path | bytes) -> bytes:
    return file if isinstance(file, bytes) else file.read_bytes()


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch

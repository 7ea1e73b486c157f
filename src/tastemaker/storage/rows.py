"""Rows of tables and what they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tastemaker.storage.base import Event, Item, Shown, User, Version

EVENT = ("user", "item", "kind", "value", "time", "id", "session", "request", "comment", "number")


def dumped(value: Any) -> str:
    """JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def item_row(tenant: str, item: Item, revision: int) -> dict[str, Any]:
    """As `items` keeps it."""
    body = {
        "title": item.title,
        "texts": list(item.texts),
        "media": {name: list(files) for name, files in item.media.items()},
        "attributes": dict(item.attributes),
        "hidden": item.hidden,
        "stock": item.stock,
        "expires": item.expires,
    }
    kept = {name: value for name, value in body.items() if value or (name == "stock" and value == 0)}
    return {
        "tenant": tenant,
        "id": item.id,
        "body": dumped(kept),
        "created": item.created,
        "revision": revision,
        "deleted": item.deleted,
    }


def item_of(row: Any) -> Item:
    """Back again."""
    body: Mapping[str, Any] = json.loads(row.body)
    return Item(
        id=row.id,
        title=body.get("title", ""),
        texts=tuple(body.get("texts", ())),
        media={name: tuple(files) for name, files in body.get("media", {}).items()},
        attributes=body.get("attributes", {}),
        hidden=body.get("hidden", False),
        stock=body.get("stock"),
        expires=body.get("expires"),
        created=row.created,
        revision=row.revision,
        deleted=bool(row.deleted),
    )


def user_row(tenant: str, user: User, revision: int) -> dict[str, Any]:
    """As `users` keeps it."""
    return {
        "tenant": tenant,
        "id": user.id,
        "attributes": dumped(dict(user.attributes)),
        "profiling": user.profiling,
        "created": user.created,
        "revision": revision,
    }


def user_of(row: Any) -> User:
    """Back again."""
    return User(row.id, json.loads(row.attributes), bool(row.profiling), row.created, row.revision)


def event_of(row: Any) -> Event:
    """From columns in the order of `EVENT`."""
    return Event(*row)


def shown_row(tenant: str, shown: Shown) -> dict[str, Any]:
    """As `shown` keeps it."""
    body = {
        "model": shown.model,
        "scenario": shown.scenario,
        "arms": dict(shown.arms),
        "items": list(shown.items),
        "scores": [round(score, 6) for score in shown.scores],
        "propensities": list(shown.propensities) if any(p != 1 for p in shown.propensities) else [],
        "sources": list(shown.sources),
    }
    return {"tenant": tenant, "request": shown.request, "user": shown.user, "time": shown.time, "body": dumped(body)}


def shown_of(row: Any) -> Shown:
    """Back again."""
    body: Mapping[str, Any] = json.loads(row.body)
    return Shown(
        request=row.request,
        user=row.user,
        time=row.time,
        model=body["model"],
        scenario=body["scenario"],
        arms=body["arms"],
        items=tuple(body["items"]),
        scores=tuple(body["scores"]),
        propensities=tuple(body["propensities"] or [1.0] * len(body["items"])),
        sources=tuple(body["sources"]),
    )


def version_row(tenant: str, version: Version) -> dict[str, Any]:
    """As `versions` keeps it."""
    return {
        "tenant": tenant,
        "name": version.name,
        "folder": str(version.folder),
        "created": version.created,
        "state": version.state,
        "figures": dumped(dict(version.figures)),
    }


def version_of(row: Any) -> Version:
    """Back again."""
    return Version(row.name, Path(row.folder), row.created, row.state, json.loads(row.figures))

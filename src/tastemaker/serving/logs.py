"""What a shop was shown and did, whole: pages put together."""

from __future__ import annotations

from tastemaker.storage.base import Event, Shop, Shown

PAGE = 10_000


def lists_since(shop: Shop, since: float = 0.0) -> list[Shown]:
    """Lists given out from then on, oldest first."""
    found: dict[str, Shown] = {}
    while True:
        page = shop.shown(since, PAGE + sum(one.time == since for one in found.values()))
        new = {one.request: one for one in page if one.request not in found}
        found |= new
        if not new:
            return list(found.values())
        since = page[-1].time


def events_since(shop: Shop, since: float = 0.0) -> list[Event]:
    """Events from then on, in order of arrival."""
    found: list[Event] = []
    number = 0
    while page := shop.events(number, PAGE):
        found += [event for event in page if event.time >= since]
        number = page[-1].number
    return found

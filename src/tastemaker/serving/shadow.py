"""A version asked beside the one that serves: the same code path as a service, over histories as of a moment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset, Recommendations
from tastemaker.pipeline import Pipeline
from tastemaker.serving.histories import Asking
from tastemaker.serving.late_data import late_data
from tastemaker.serving.live import Live
from tastemaker.storage.base import Attribute, Event, Item, Shop

BLOCK = 256  # users who are asked for at once
PAGE = 10_000


def opened(pipeline: Pipeline, version: str, shop: Shop, root: Path) -> Live:
    """A version with the items that came after it placed by their content, as a service does.

    Args:
        pipeline: Fitted.
        version: Its name.
        shop: Whose items.
        root: Where their files lie.
    """
    live = Live(pipeline, version, time.time())
    live.take([item for item in _items(shop) if live.row(item.id) is None])
    late = live.waiting()
    if late and pipeline.encoders:
        items = late_data([one.item for one in late], root, pipeline.data.item_attributes)
        live.place(np.array([one.row for one in late], np.int32), pipeline.place(items))
    return live


def _items(shop: Shop) -> list[Item]:
    found: list[Item] = []
    while items := shop.items(found[-1].id if found else "", PAGE):
        found += items
    return found


class Served:
    """Answers `evaluate` as the service would have at the end of `known`: full ranking, model alone.

    Args:
        live: The version.
        known: All behaviour until the moment; its items are what lists hold.
        shop: Where attributes of users are.
    """

    def __init__(self, live: Live, known: Dataset, shop: Shop) -> None:
        self._live, self._known, self._shop = live, known, shop
        self._rows = known.items.rows(live.ids)
        self._allowed = self._rows >= 0

    def recommend(self, users: Sequence[str], k: int = 10) -> Recommendations:
        """Lists of `k` unseen items, by the rows of `known`."""
        found = [self._block(users[at : at + BLOCK], k) for at in range(0, len(users), BLOCK)]
        items, scores = (np.concatenate(part) for part in zip(*found, strict=True))
        return Recommendations(self._known.users.rows(users), items, scores)

    def _block(self, users: Sequence[str], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        asking = [self._asking(user) for user in users]
        depth = min(k + max(len(one.seen) for one in asking), self._live.n)
        scored = self._live.scorer.ask([one.query for one in asking], depth, [self._allowed] * len(asking))
        items = np.full((len(users), k), -1, np.int32)
        scores = np.full((len(users), k), -np.inf, np.float32)
        for at, one in enumerate(asking):
            rows, found = scored.best(at, depth, self._allowed)
            new = np.flatnonzero(~np.isin(rows, one.seen))[:k]
            items[at, : len(new)], scores[at, : len(new)] = self._rows[rows[new]], found[new]
        return items, scores

    def _asking(self, user: str) -> Asking:
        row = self._known.users.row(user)
        rows = self._known.rows_of(row) if row is not None else np.empty(0, np.int64)
        return self._live.histories.asking(user, [self._event(user, int(n)) for n in rows], self._about(user))

    def _about(self, user: str) -> Mapping[str, Attribute]:
        found = self._shop.user(user) if self._known.user_attributes else None
        return {} if found is None else found.attributes

    def _event(self, user: str, row: int) -> Event:
        log = self._known.interactions
        item, kind = self._known.items.ids[log.item[row]], self._kinds[log.kind[row]]
        return Event(user, item, kind, float(log.value[row]), float(log.time[row]))

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        """Names of events; in a table of ratings what has none is a rating."""
        return tuple(name or ("rate" if self._known.explicit else "") for name in self._known.events)

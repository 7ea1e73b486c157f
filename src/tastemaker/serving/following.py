"""One version of a model that is kept up to date with a store."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np

from tastemaker.core import DataError, ServiceError
from tastemaker.data import FeatureSet
from tastemaker.pipeline import load
from tastemaker.serving.live import Live, Waiting, unwatched
from tastemaker.serving.placing import Placer
from tastemaker.serving.scoring import Choice
from tastemaker.storage.base import Item, Shop, Version

LOG = logging.getLogger("tastemaker.serving")
RECENT = 100_000  # events that a start reads to know what is asked for
PAGE = 10_000
BATCH = 64  # new items that are encoded at once


class Followed:
    """A version with all that came after it; one thread at a time may call its methods.

    Args:
        shop: The tenant's part of the store.
        media: Where its items' files lie.
        version: What is loaded.
        index: How vectors are searched; see `ServeSettings`.
        kept: As of `Live`.

    Attributes:
        live: What answers.
    """

    def __init__(
        self, shop: Shop, media: Path, version: Version, index: Choice = "auto", kept: Path | None = None
    ) -> None:
        self._shop = shop
        with unwatched():
            pipeline = load(version.folder)
            self.live = Live(pipeline, version.name, time.time(), index, kept)
            self._revision, self._number = 0, max(0, shop.last_event() - RECENT)
            self._placer = Placer(version.folder, media) if pipeline.encoders else None
            self._take_items()
            self._take_events(ever=False)

    @property
    def number(self) -> int:
        """Of the last event that was taken."""
        return self._number

    def start(self) -> None:
        """Start what encodes new items, so that the first need not wait for it."""
        if self._placer is not None:
            self._placer.start()

    def catch_up(self) -> None:
        """Take what was written since the last look."""
        self._take_items()
        self._take_events(ever=True)

    def place(self) -> None:
        """Encode items that wait for it."""
        if self._placer is not None:
            waiting = self.live.waiting()
            for at in range(0, len(waiting), BATCH):
                self._place(waiting[at : at + BATCH], self._placer)

    def encode(self, item: Item) -> FeatureSet:
        """Whitened vectors of something that is no item, such as a search; raises `DataError` without encoders."""
        if self._placer is None:
            raise DataError("The model reads no content: nothing can be searched by it.")
        return self._placer.place([item])

    def close(self) -> None:
        """End what encodes."""
        if self._placer is not None:
            self._placer.close()

    def _take_items(self) -> None:
        while items := self._shop.changed_items(self._revision, PAGE):
            self.live.take(items)
            self._revision = items[-1].revision

    def _take_events(self, ever: bool) -> None:
        while came := self._shop.latest(self._number, PAGE):
            self.live.count([deed for _, deed in came], ever)
            self._number = came[-1][0]

    def _place(self, waiting: list[Waiting], placer: Placer) -> None:
        """Together; where that fails, each alone, so that one which breaks the encoders keeps no other waiting."""
        try:
            features = placer.place([one.item for one in waiting])
        except ServiceError as error:
            if len(waiting) == 1:
                LOG.warning("an item has no vectors: %s", error)
            else:
                for one in waiting:
                    self._place([one], placer)
            return
        if features:
            self.live.place(np.array([one.row for one in waiting], np.int32), features)

"""Keeps an engine up to date: what other processes wrote, new items, promoted models, lists to be kept."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from tastemaker.core import DataError, TastemakerError
from tastemaker.data import FeatureSet
from tastemaker.pipeline import load
from tastemaker.serving.engine import Engine
from tastemaker.serving.home import Home
from tastemaker.serving.live import Live, Waiting
from tastemaker.serving.placing import Placer
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Item, Shop, Shown, Version

LOG = logging.getLogger("tastemaker.serving")
RECENT = 100_000  # events that a start reads to know what is asked for
PAGE = 10_000
BATCH = 64  # new items that are encoded at once
KEPT = 50_000  # lists that wait to be kept; more are let go, and counted


class Keeper:
    """One tenant's engine and the thread that keeps it.

    Args:
        shop: The tenant's part of the store.
        home: Where its models and files are.
        settings: Of the service.

    Attributes:
        engine: What answers.
        lost: Lists that could not be kept.
    """

    def __init__(self, shop: Shop, home: Home, settings: ServeSettings) -> None:
        self._shop, self._home, self._settings = shop, home, settings
        self._revision, self._number = 0, 0
        self._shown: deque[Shown] = deque()
        self._wake, self._ended = threading.Event(), threading.Event()
        self._catching = threading.Lock()
        self._placer: Placer | None = None
        self.lost = 0
        self.engine = self._opened(self._live_version())
        self._thread = threading.Thread(target=self._run, name=f"keeper-{shop.tenant}", daemon=True)

    def start(self) -> Keeper:
        """Begin to follow."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Keep what waits, and end."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._flush()
        if self._placer is not None:
            self._placer.close()

    def keep(self, shown: Iterable[Shown]) -> None:
        """Keep lists soon."""
        self._shown.extend(shown)
        while len(self._shown) > KEPT:
            self._shown.popleft()
            self.lost += 1

    def forget(self, user: str) -> None:
        """Let go of lists of a user that wait to be kept."""
        for _ in range(len(self._shown)):
            one = self._shown.popleft()
            if one.user != user:
                self._shown.append(one)

    def catch_up(self) -> None:
        """Take what was written since the last look; called at once after a write of this process."""
        with self._catching:
            live = self.engine.live
            while items := self._shop.changed_items(self._revision, PAGE):
                live.take(items)
                self._revision = items[-1].revision
            while events := self._shop.events(self._number, PAGE):
                live.count(events)
                self._number = events[-1].number
        self._wake.set()

    def encode(self, item: Item) -> FeatureSet:
        """Whitened vectors of something that is no item, such as a search; raises `DataError` without encoders."""
        if self._placer is None:
            raise DataError("The model reads no content: nothing can be searched by it.")
        return self._placer.place([item])

    def swap(self, version: Version) -> None:
        """Answer by another version from the next request on."""
        before = self._placer
        engine = self._opened(version)
        with self._catching:
            self.engine.swap(engine.live)
        if before is not None:
            before.close()
        self.catch_up()
        LOG.info("now serving %s", version.name)

    def _live_version(self) -> Version:
        live = [version for version in self._shop.versions() if version.state == "live"]
        if not live:
            raise TastemakerError(f"The tenant {self._shop.tenant!r} has no model. Train one: tastemaker train")
        return live[0]

    def _opened(self, version: Version) -> Engine:
        pipeline = load(version.folder)
        live = Live(pipeline, version.name, time.time())
        revision, number = 0, self._last_number()
        while items := self._shop.changed_items(revision, PAGE):
            live.take(items)
            revision = items[-1].revision
        events = self._shop.events(max(0, number - RECENT), RECENT)
        live.count(events, ever=False)
        self._revision, self._number = revision, events[-1].number if events else 0
        if pipeline.encoders:
            self._placer = Placer(version.folder, self._home.media(self._shop.tenant))
        return Engine(self._shop, live, self._settings)

    def _last_number(self) -> int:
        return int(self._shop.last_event())

    def _run(self) -> None:
        if self._placer is not None:
            self._guarded(self._placer.start)
        while not self._ended.is_set():
            for step in (self.catch_up_quietly, self._place, self._flush, self._look_for_model):
                self._guarded(step)
            self._wake.wait(self._settings.tick)
            self._wake.clear()

    def catch_up_quietly(self) -> None:
        """As `catch_up`, without waking the thread that calls it."""
        self.catch_up()
        self._wake.clear()

    def _guarded(self, step: Callable[[], None]) -> None:
        """A step that fails is told, and tried again at the next turn."""
        try:
            step()
        except Exception:
            LOG.exception("keeping %s up to date", self._shop.tenant)
            self._ended.wait(1.0)

    def _place(self) -> None:
        if self._placer is None:
            return
        live = self.engine.live
        waiting = live.waiting()
        for at in range(0, len(waiting), BATCH):
            self._placed(live, waiting[at : at + BATCH], self._placer)

    def _placed(self, live: Live, waiting: list[Waiting], placer: Placer) -> None:
        items: list[Item] = [one.item for one in waiting]
        features = placer.place(items)
        if features:
            live.place(np.array([one.row for one in waiting], np.int32), features)

    def _flush(self) -> None:
        taken = [self._shown.popleft() for _ in range(len(self._shown))]
        if not taken:
            return
        try:
            self._shop.show(taken)
        except TastemakerError:
            self._shown.extendleft(reversed(taken))
            raise

    def _look_for_model(self) -> None:
        version = self._live_version()
        if version.name != self.engine.live.version:
            self.swap(version)

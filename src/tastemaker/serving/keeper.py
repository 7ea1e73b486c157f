"""Keeps an engine up to date: what other processes wrote, new items, promoted models, lists to be kept."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tastemaker.core import BadSetting, DataError, ServiceError, TastemakerError, UnknownName
from tastemaker.data import FeatureSet
from tastemaker.serving.actions import LEARNED, ActionValue, read_heads
from tastemaker.serving.arms import models_of, servable
from tastemaker.serving.engine import Engine, Serving
from tastemaker.serving.experiments import Experiment, read_experiments
from tastemaker.serving.following import Followed
from tastemaker.serving.home import Home, live_of
from tastemaker.serving.live import settled
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Item, Shop, Shown, Version

LOG = logging.getLogger("tastemaker.serving")
HOUR = 3600.0  # seconds between two looks for what is too old to keep
DAY = 86_400.0
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
        self._shown: deque[Shown] = deque()
        self._wake, self._ended = threading.Event(), threading.Event()
        self._catching, self._changing, self._flushing = threading.Lock(), threading.Lock(), threading.Lock()
        self.lost = 0
        self._retained = 0.0
        self._main = self._follow(self._live_version())
        self._others: dict[str, Followed] = {}
        self._as_of: tuple[Any, ...] = ()
        self.engine = Engine(shop, self._main.live, settings)
        self.look()
        self._thread = threading.Thread(target=self._run, name=f"keeper-{shop.tenant}", daemon=True)

    def start(self) -> Keeper:
        """Begin to follow."""
        settled()
        self._thread.start()
        return self

    def close(self) -> None:
        """Keep what waits, and end."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._guarded(self._flush)
        for followed in self._all():
            followed.close()

    def keep(self, shown: Iterable[Shown]) -> None:
        """Keep lists soon."""
        self._shown.extend(shown)
        while len(self._shown) > KEPT:
            self._shown.popleft()
            self.lost += 1

    def forget(self, user: str) -> None:
        """Let go of a user: of his lists that wait to be kept or to be learned from, and of how he was read."""
        self.engine.bandit.forget(user)
        for followed in self._all():
            followed.live.remembered.forget(user)
        with self._flushing:
            for _ in range(len(self._shown)):
                one = self._shown.popleft()
                if one.user != user:
                    self._shown.append(one)

    def catch_up(self) -> None:
        """Take what was written since the last look; called at once after a write of this process."""
        with self._catching:
            for followed in self._all():
                followed.catch_up()
        self._wake.set()

    def encode(self, item: Item) -> FeatureSet:
        """Whitened vectors of something that is no item, such as a search; raises `DataError` without encoders."""
        return self._main.encode(item)

    def look(self) -> None:
        """Follow what is live and what experiments serve, if that has changed.

        Requests are answered by what was there until the new versions are loaded.
        """
        with self._changing:
            version, experiments = self._live_version(), self._running()
            now_as = (version.name, [one.to_json() for one in experiments], self._shop.note(LEARNED))
            if now_as == self._as_of:
                return
            self._change(version, experiments)
            self._as_of = now_as
        self.catch_up()
        settled()

    def _live_version(self) -> Version:
        live = live_of(self._shop)
        if live is None:
            raise ServiceError(f"The tenant {self._shop.tenant!r} has no model. Train one: tastemaker train")
        return live

    def _follow(self, version: Version) -> Followed:
        tenant, home = self._shop.tenant, self._home
        return Followed(self._shop, home.media(tenant), version, self._settings.index, home.indexes(tenant))

    def _all(self) -> list[Followed]:
        return [self._main, *self._others.values()]

    def _change(self, version: Version, experiments: list[Experiment]) -> None:
        there = {followed.live.version: followed for followed in self._all()}
        main = there.get(version.name) or self._follow(version)
        wanted = models_of(experiments) - {version.name}
        named = [one for one in self._shop.versions() if one.name in wanted]
        others = {one.name: there.get(one.name) or self._tried(one) for one in named}
        with self._catching:
            self._main, self._others = main, {name: one for name, one in others.items() if one is not None}
        values = self._values()
        for followed in self._all():
            followed.live.values = values
        lives = [followed.live for followed in self._others.values()]
        loaded = {version.name, *self._others}
        self.engine.swap(Serving(main.live, lives, servable(experiments, loaded)))
        if set(there) != loaded:
            LOG.info("now serving %s", ", ".join(sorted(loaded)))
        for name in set(there) - loaded:
            there[name].close()

    def _running(self) -> list[Experiment]:
        """Experiments that run or will; none where what is kept cannot be read."""
        try:
            now = time.time()
            return [one for one in read_experiments(self._shop) if one.stop is None or now < one.stop]
        except (BadSetting, DataError, UnknownName) as error:
            LOG.warning("%s", error)
            return []

    def _values(self) -> ActionValue | None:
        try:
            heads = read_heads(self._shop)
        except TastemakerError as error:
            LOG.warning("%s", error)
            return None
        return None if heads is None else ActionValue(heads, self._settings.actions)

    def _tried(self, version: Version) -> Followed | None:
        """A version of an arm; one that cannot be loaded must not keep others from being served."""
        try:
            return self._follow(version)
        except TastemakerError as error:
            LOG.warning("%s cannot be served: %s", version.name, error)
            return None

    def _run(self) -> None:
        self._guarded(self._main.start)
        steps = (self.catch_up_quietly, self._place, self._flush, self.look, self._learn, self._retain)
        while not self._ended.is_set():
            for step in steps:
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
        for followed in self._all():
            followed.place()

    def _learn(self) -> None:
        self.engine.bandit.learn(self._main.number)

    def _retain(self) -> None:
        for followed in self._all():
            followed.live.remembered.expire()
        now, days = time.time(), self._settings.retain_days
        if days and now - self._retained > HOUR:
            self._retained = now
            gone = self._shop.retain(now - days * DAY)
            LOG.info("%d rows older than %d days were erased", gone, days)

    def _show_each(self, taken: Sequence[Shown]) -> None:
        """Keep those lists that can be kept: one that cannot must not hold up the others."""
        for place, one in enumerate(taken):
            try:
                self._shop.show([one])
            except DataError as error:
                LOG.warning("a list was not kept: %s", error)
            except TastemakerError:
                self._shown.extendleft(reversed(taken[place:]))
                raise

    def _flush(self) -> None:
        with self._flushing:
            taken = [self._shown.popleft() for _ in range(len(self._shown))]
            if not taken:
                return
            try:
                self._shop.show(taken)
            except DataError:
                self._show_each(taken)
            except TastemakerError:
                self._shown.extendleft(reversed(taken))
                raise

"""The life of a model in a shop's store: train, update, promote, roll back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import load_config
from tastemaker.actions.learn import Clock, pipeline_of
from tastemaker.core import DataError, Run, ServiceError, settings_of, spec_of
from tastemaker.core.threads import limit_threads
from tastemaker.data import Dataset
from tastemaker.serving.home import Home, live_of, named, promote, rollback, tidy
from tastemaker.serving.life import Cut, Gate, Verdict, cut, judged, measured
from tastemaker.storage.base import Shop, Version

if TYPE_CHECKING:
    from tastemaker.evaluation.report import Report
    from tastemaker.pipeline import Pipeline
    from tastemaker.serving.offline import Worth

TENANT = "default"


@dataclass(frozen=True)
class Place:
    """Which shop.

    Attributes:
        home: The service's folder.
        store: URL of its data base; None is SQLite in `home`.
        tenant: Whose.
    """

    home: Path
    store: str | None = None
    tenant: str = TENANT

    @contextmanager
    def open(self) -> Iterator[tuple[Shop, Home]]:
        """Its part of the store, and its folder."""
        from tastemaker.storage.open import open_store

        home = Home(self.home.absolute()).make()
        store = open_store(self.store or home.store_url)
        try:
            yield store.shop(self.tenant, home.media(self.tenant)), home
        finally:
            store.close()


@dataclass(frozen=True)
class TrainRequest:
    """What is learned from, how, and what it must pass.

    Attributes:
        place: Which shop.
        config: Settings over those of ``tastemaker.toml`` in its folder.
        gate: What a version must pass.
        run: Seed, budget, progress.
    """

    place: Place
    config: Path | None = None
    gate: Gate = field(default_factory=Gate)
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Born:
    """The answer of `train` and `update`; `version` None where there was nothing new to learn."""

    version: Version | None
    seconds: dict[str, float]
    removed: tuple[str, ...] = ()

    def text(self) -> str:
        """What became of it, and why."""
        if self.version is None:
            return "Nothing has happened since the live version learned: it stays."
        removed = f"\nremoved: {', '.join(self.removed)}" if self.removed else ""
        return f"{self.version.name} is {self.version.state}: {self.version.figures['why']}{removed}"

    def to_json(self) -> Any:
        """Plain values."""
        version = None if self.version is None else _plain(self.version)
        return {"version": version, "seconds": self.seconds, "removed": list(self.removed)}


@dataclass(frozen=True)
class Models:
    """The answer of `models`."""

    versions: tuple[Version, ...]

    def text(self) -> str:
        """One line a version."""
        lines = (f"{v.name}  {v.state:9}  {v.figures.get('why', '')}" for v in self.versions)
        return "\n".join(lines) or "There is no version yet. Train one: tastemaker train"

    def to_json(self) -> Any:
        """Plain values."""
        return {"models": [_plain(version) for version in self.versions]}


def _plain(version: Version) -> dict[str, Any]:
    said = {name: getattr(version, name) for name in ("name", "created", "state")}
    return {**said, "folder": str(version.folder), "figures": dict(version.figures)}


def models(place: Place, do: str = "list", name: str = "") -> Models:
    """Versions, oldest first; after "promote" of one, or "rollback"."""
    with place.open() as (shop, _):
        if do == "promote":
            promote(shop, named(shop, name))
        elif do == "rollback":
            rollback(shop)
        return Models(tuple(shop.versions()))


def judge(place: Place, kinds: Sequence[str] = ("click",)) -> Worth:
    """What the lists that were given out would have brought without exploration.

    Raises:
        DataError: there are too few lists, or nothing was explored.
    """
    from tastemaker.serving.offline import worth

    with place.open() as (shop, _):
        return worth(shop, kinds)


def train(request: TrainRequest) -> Born:
    """Search among models as `fit` does, and let the new version serve where it is not worse than the live one."""
    from tastemaker.actions.choose import encoders_for

    with request.place.open() as (shop, home), _alone(home, shop), limit_threads(request.run.threads):
        config = load_config(home.folder, request.config)
        data = shop.snapshot()
        encoders = encoders_for(data, config.encoders, request.run.say)
        return _Birth(shop, home, data, request).of(pipeline_of(config, encoders), "trained")


def update(request: TrainRequest) -> Born:
    """Let the live version's settings learn anew from what there is now, without a search.

    Raises:
        DataError: no version is live.
    """
    from tastemaker.pipeline import load

    with request.place.open() as (shop, home), _alone(home, shop), limit_threads(request.run.threads):
        live = live_of(shop)
        if live is None:
            raise DataError(f"The tenant {shop.tenant!r} has no model to update. Train one: tastemaker train")
        if live.figures.get("events") == shop.last_event():
            return Born(None, {})
        data = shop.snapshot()
        return _Birth(shop, home, data, request).of(_again(load(live.folder), data), "updated")


@contextmanager
def _alone(home: Home, shop: Shop) -> Iterator[None]:
    """One training of a tenant at a time."""
    import fcntl

    path = home.models(shop.tenant)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceError(f"Another training of {shop.tenant!r} runs in {path}. Wait for its end.") from error
        yield


@dataclass
class _Birth:
    """The making of one version."""

    shop: Shop
    home: Home
    data: Dataset
    request: TrainRequest
    clock: Clock = field(default_factory=Clock)

    def of(self, new: Pipeline, how: str) -> Born:
        """Learn from the past, be judged by the latest events, learn from everything, be registered."""
        from tastemaker.features.extract import extract

        shop, run, gate = self.shop, self.request.run, self.request.gate
        before, events = live_of(shop), shop.last_event()
        live = None if before is None else _loaded(before)
        moment = cut(self.data, None if live is None else int(live.data.interactions.time.max()), gate, run.seed)
        with self.clock.stage("encode", run):
            raw = extract(self.data, new.encoders, run=run).features if new.encoders else {}
        with self.clock.stage("learn from the past", run):
            shadow = _copy(new).fit(moment.known, raw=raw, run=run)
        verdict = self._judged(shadow, before, live, moment)
        run.say(verdict.why)
        with self.clock.stage("learn from everything", run):
            whole = _again(shadow, self.data).fit(self.data, raw=raw, run=run)
        figures = {
            **verdict.figures,
            "why": f"{how}: {verdict.why}",
            "since": int(moment.held.interactions.time[0]) if len(moment.held.interactions) else None,
            "events": events,
            "model": spec_of(whole.model),
            "seconds": self.clock.seconds,
        }
        version = self._registered(whole, figures, verdict.passed)
        if verdict.passed:
            self._actions(whole, version.name)
        gone = tidy(shop, self.home.models(shop.tenant), gate.keep, _used(shop))
        return Born(version, self.clock.seconds, tuple(gone))

    def _judged(self, shadow: Pipeline, before: Version | None, live: Pipeline | None, moment: Cut) -> Verdict:
        gate, run = self.request.gate, self.request.run
        with self.clock.stage("judge", run):
            own = self._report(shadow, "candidate", moment)
            if before is None or live is None:
                return judged(own, None, gate)
            if moment.unseen:
                as_it_is, other = f"{before.name} as it serves", self._report(live, before.name, moment)
            else:
                as_it_is = f"settings of {before.name}, learned anew from what came before: it had seen what came after"
                other = self._settings_of(live, shadow, own, moment)
        found = judged(own, other, gate)
        return replace(found, figures={**found.figures, "against": as_it_is})

    def _settings_of(self, live: Pipeline, shadow: Pipeline, own: Report | None, moment: Cut) -> Report | None:
        """What the live version's settings would have come to at the cut; the candidate's where they are the same."""
        again = _again(live, self.data)
        if _said(again) == _said(_again(shadow, self.data)):
            return own
        return self._report(again.fit(moment.known, run=self.request.run), "live", moment)

    def _report(self, pipeline: Pipeline, name: str, moment: Cut) -> Report | None:
        from tastemaker.serving.shadow import Served, opened

        live = opened(pipeline, name, self.shop, self.home.media(self.shop.tenant))
        return measured(Served(live, moment.known, self.shop), moment, self.request.gate, self.request.run)

    def _actions(self, pipeline: Pipeline, name: str) -> None:
        """Learn what people do with what they are shown, where lists were answered."""
        from tastemaker.serving.actions import write_heads
        from tastemaker.serving.outcome_heads import learn_actions
        from tastemaker.serving.shadow import opened

        if not self.shop.shown(limit=1):
            return
        with self.clock.stage("learn actions", self.request.run):
            heads = learn_actions(self.shop, opened(pipeline, name, self.shop, self.home.media(self.shop.tenant)))
            if heads is not None:
                write_heads(self.shop, heads, time.time())

    def _registered(self, pipeline: Pipeline, figures: dict[str, Any], passed: bool) -> Version:
        with tempfile.TemporaryDirectory(dir=self.home.models(self.shop.tenant), prefix=".new.") as folder:
            pipeline.save(Path(folder) / "new")
            version = self.home.register(self.shop, Path(folder) / "new", figures)
        if passed:
            return promote(self.shop, version)
        rejected = replace(version, state="rejected")
        self.shop.put_version(rejected)
        return rejected


def _loaded(version: Version) -> Pipeline:
    from tastemaker.pipeline import load

    return load(version.folder)


def _copy(pipeline: Pipeline, **other: Any) -> Pipeline:
    """The same settings, not fitted."""
    return replace(pipeline, **other)


def _again(pipeline: Pipeline, data: Dataset) -> Pipeline:
    """What a fitted pipeline came to, as settings: without a search, and for as long as it learned."""
    from tastemaker.features.extract import readable
    from tastemaker.models.auto import Auto
    from tastemaker.models.base import Settles
    from tastemaker.models.catalog import RECOMMENDERS

    model = pipeline.model.kept if isinstance(pipeline.model, Auto) else pipeline.model
    spec = model.settled() if isinstance(model, Settles) else spec_of(model)
    there = {encoder.source for encoder in readable(pipeline.encoders, data.item_attributes, data)}
    encoders = [encoder for encoder in pipeline.encoders if encoder.source in there]
    return _copy(pipeline, model=RECOMMENDERS.build(spec), encoders=encoders)


def _said(pipeline: Pipeline) -> Any:
    """All settings, to be compared."""
    parts = [pipeline.model, pipeline.fusion, *pipeline.encoders]
    return [*map(spec_of, parts), settings_of(pipeline.whiten), settings_of(pipeline.impute)]


def _used(shop: Shop) -> set[str]:
    """Versions that experiments serve."""
    from tastemaker.serving.experiments import read_experiments

    settings = [settings for one in read_experiments(shop) for settings in one.settings.values()]
    return {str(found["model"]) for found in settings if "model" in found}

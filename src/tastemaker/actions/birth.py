"""How a version is made: learned from the past, judged by the latest events, learned from everything, registered."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.learn import Clock
from tastemaker.core import Run, settings_of, spec_of
from tastemaker.data import Dataset
from tastemaker.serving.home import Home, live_of, promote, tidy
from tastemaker.serving.life import Cut, Gate, Verdict, cut, judged, measured
from tastemaker.storage.base import Shop, Version

if TYPE_CHECKING:
    from tastemaker.evaluation.report import Report
    from tastemaker.pipeline import Pipeline


@dataclass
class Birth:
    """The making of one version.

    Attributes:
        shop: Whose.
        home: Where it goes.
        data: Everything that is known.
        gate: What it must pass.
        run: Seed, budget, progress.
    """

    shop: Shop
    home: Home
    data: Dataset
    gate: Gate
    run: Run
    clock: Clock = field(default_factory=Clock)

    def of(self, new: Pipeline, how: str) -> tuple[Version, list[str]]:
        """The version, and those whose folders were removed; `new` is not fitted yet, `how` it was made is told."""
        from tastemaker.features.extract import extract

        shop, run, gate = self.shop, self.run, self.gate
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
            whole = again(shadow, self.data).fit(self.data, raw=raw, run=run)
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
        return version, tidy(shop, self.home.models(shop.tenant), gate.keep, _used(shop))

    def _judged(self, shadow: Pipeline, before: Version | None, live: Pipeline | None, moment: Cut) -> Verdict:
        gate, run = self.gate, self.run
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
        settings = again(live, self.data)
        if _said(settings) == _said(again(shadow, self.data)):
            return own
        return self._report(settings.fit(moment.known, run=self.run), "live", moment)

    def _report(self, pipeline: Pipeline, name: str, moment: Cut) -> Report | None:
        from tastemaker.serving.shadow import Served, opened

        live = opened(pipeline, name, self.shop, self.home.media(self.shop.tenant))
        return measured(Served(live, moment.known, self.shop), moment, self.gate, self.run)

    def _actions(self, pipeline: Pipeline, name: str) -> None:
        """Learn what people do with what they are shown, where lists were answered."""
        from tastemaker.serving.actions import write_heads
        from tastemaker.serving.outcome_heads import learn_actions
        from tastemaker.serving.shadow import opened

        if not self.shop.shown(limit=1):
            return
        with self.clock.stage("learn actions", self.run):
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


def again(pipeline: Pipeline, data: Dataset) -> Pipeline:
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

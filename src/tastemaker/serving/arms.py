"""Experiments as an engine serves them: each request's arms, and what is served otherwise under them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pydantic

from tastemaker.core import BadSetting, TastemakerError, UnknownName
from tastemaker.core.component import refused
from tastemaker.core.errors import hint
from tastemaker.serving.ask import Ask, Scenario
from tastemaker.serving.experiments import BOTH, Experiment, exposures, settings_under

LOG = logging.getLogger("tastemaker.serving")
MODEL = "model"
SETTINGS = tuple(field.name for field in fields(Scenario))


@dataclass(frozen=True, slots=True)
class Given:
    """What one request is given.

    Attributes:
        arms: Arm by experiment.
        model: Version that answers; "" the live one.
        settings: Of the scenario, instead of its own.
        team: Whose list it is where two are interleaved, "" elsewhere.
    """

    arms: Mapping[str, str]
    model: str
    settings: Mapping[str, Any]
    team: str = ""


class Arms:
    """Experiments of one moment.

    Args:
        experiments: Those that can be served.
    """

    def __init__(self, experiments: Sequence[Experiment] = ()) -> None:
        self._experiments = experiments
        self._made: dict[tuple[str, str, tuple[tuple[str, str], ...]], Scenario] = {}

    def of(self, ask: Ask, now: float) -> list[Given]:
        """Arms of a request at that time; two where its list is drafted from those of two arms."""
        arms = exposures(self._experiments, ask.user, ask.session, now)
        duel = next((one for one in self._experiments if arms.get(one.name) == BOTH), None)
        if duel is None:
            return [self._given(arms, "", {})]
        return [self._given(arms, team, duel.settings.get(team, {})) for team in sorted(duel.arms)]

    def _given(self, arms: Mapping[str, str], team: str, own: Mapping[str, Any]) -> Given:
        settings = settings_under(self._experiments, arms) | dict(own)
        return Given(arms, str(settings.pop(MODEL, "")), settings, team)

    def scenario(self, name: str, own: Scenario, given: Given) -> Scenario:
        """A scenario as it is under these arms; made once for each of their combinations."""
        if not given.settings:
            return own
        key = (name, given.team, tuple(sorted(given.arms.items())))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = changed(own, given.settings)
        return found


def changed(own: Scenario, settings: Mapping[str, Any]) -> Scenario:
    """A scenario with other settings; raises `BadSetting`."""
    for name in settings:
        if name not in SETTINGS:
            known = ", ".join((*SETTINGS, MODEL))
            raise BadSetting(f"A scenario has no setting {name!r}.{hint(name, SETTINGS)} Arms may set: {known}.")
    try:
        return Scenario(**{name: getattr(own, name) for name in SETTINGS} | dict(settings))
    except pydantic.ValidationError as error:
        raise refused("An arm has settings that cannot be taken:", error) from error


def check(experiment: Experiment, versions: Collection[str]) -> None:
    """Raise `BadSetting` or `UnknownName` where an arm sets what cannot be served, or names no version."""
    for settings in experiment.settings.values():
        changed(Scenario(), {name: value for name, value in settings.items() if name != MODEL})
        if MODEL in settings and settings[MODEL] not in versions:
            raise UnknownName("version", str(settings[MODEL]), versions)


def models_of(experiments: Sequence[Experiment]) -> set[str]:
    """Versions that their arms name."""
    return {str(settings[MODEL]) for one in experiments for settings in one.settings.values() if MODEL in settings}


def servable(experiments: Sequence[Experiment], loaded: Collection[str]) -> list[Experiment]:
    """Those whose arms can all be served; of the others nobody is given an arm, or arms would not be what they say."""
    found = []
    for one in experiments:
        try:
            check(one, loaded)
        except TastemakerError as error:
            LOG.warning("experiment %s is not served: %s", one.name, error)
        else:
            found.append(one)
    return found

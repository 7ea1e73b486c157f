"""Experiments: which arm a user or a session has, which settings that means, and how experiments are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Annotated, Any, Literal, final

import pydantic
from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import Field

from tastemaker.core import BadSetting, DataError, UnknownName, component
from tastemaker.core.component import refused
from tastemaker.storage.base import Shop

NOTE = "experiments"
BOTH = "both"  # stands in `Shown.arms` where lists of two arms were drafted into one
LOWER = frozenset({"refusal"})  # better down
METRICS: Mapping[str, str] = {
    "click_through": "lists that were answered by anything but a refusal, a list",
    "conversion": "lists that were answered by a purchase, a list",
    "revenue": "value of purchases, a user and day (a session)",
    "completion": "items that were completed, of those played",
    "dwell": "seconds of views and plays, a list",
    "return_rate": "users who came back within 7 days",
    "refusal": "lists that were answered by a hide, dislike or report, a list",
}
Positive = Annotated[float, Gt(0)]


@final
@component
class Guardrail:
    """A metric that may not suffer.

    Attributes:
        metric: One of `METRICS`.
        direction: Whether it is better "up" or "down".
        harm: Largest harm that is tolerated, as a share of the control's mean.
    """

    metric: str
    direction: Literal["up", "down"] = "up"
    harm: Annotated[float, Ge(0), Lt(1)] = 0.05

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise UnknownName("metric of experiments", self.metric, METRICS)


@final
@component
class Experiment:
    """Arms that users or sessions are given at random, and what decides between them.

    Weights and the salt must stay as they are while it runs; `share` may grow, nobody changes his arm then.

    Attributes:
        name: As it stands in `Shown.arms`.
        arms: Weight by arm, `control` among them; two at least.
        settings: By arm what is served otherwise: settings of the scenario, "model" for a version. {}: as ever.
        control: The arm that others are compared to.
        metrics: Of `METRICS`; the first decides.
        guardrails: What may not suffer.
        interleave: Lists of both arms are drafted into one, and what is chosen of it says which is preferred.
        unit: What is given an arm.
        salt: Other salts give other arms; "" takes the name.
        share: Of the units that take part.
        start: Seconds since 1970.
        stop: None: until it is stopped.
        effect: Relative effect that is looked for: the intervals are tightest there. It must be set beforehand.
        alpha: Share of experiments without a difference in which the first metric may ever show one.
    """

    name: Annotated[str, MinLen(1)]
    arms: dict[str, Positive]
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    control: str = "control"
    metrics: Annotated[list[str], MinLen(1)] = Field(default_factory=lambda: ["conversion"])
    guardrails: list[Guardrail] = Field(default_factory=list)
    interleave: bool = False
    unit: Literal["user", "session"] = "user"
    salt: str = ""
    share: Annotated[float, Gt(0), Le(1)] = 1.0
    start: Annotated[float, Ge(0)] = 0.0
    stop: float | None = None
    effect: Annotated[float, Gt(0), Le(10)] = 0.05
    alpha: Annotated[float, Gt(0), Lt(0.5)] = 0.05

    def __post_init__(self) -> None:
        if len(self.arms) < 2 or self.control not in self.arms:
            raise BadSetting(
                f"Experiment {self.name!r} needs two arms or more, {self.control!r} among them (got {list(self.arms)})."
            )
        if self.interleave and len(self.arms) != 2:
            raise BadSetting(f"Experiment {self.name!r} interleaves two arms (got {list(self.arms)}).")
        for metric in self.metrics:
            if metric not in METRICS:
                raise UnknownName("metric of experiments", metric, METRICS)
        for arm in self.settings:
            if arm not in self.arms:
                raise UnknownName(f"arm of experiment {self.name!r}", arm, self.arms)
        if self.stop is not None and self.stop <= self.start:
            raise BadSetting(f"Experiment {self.name!r} must stop after it starts ({self.stop} <= {self.start}).")

    def runs(self, now: float) -> bool:
        """Whether units are given arms at that time."""
        return self.start <= now and (self.stop is None or now < self.stop)

    def arm(self, unit: str) -> str | None:
        """The arm of a unit, always the same; None where it takes no part, `BOTH` where arms are interleaved.

        Two hashes decide: of (salt, "share", unit) whether, of (salt, "arm", unit) which.
        """
        salt = self.salt or self.name
        if _uniform(salt, "share", unit) >= self.share:
            return None
        if self.interleave:
            return BOTH
        at, names = _uniform(salt, "arm", unit) * sum(self.arms.values()), sorted(self.arms)
        for name in names[:-1]:
            at -= self.arms[name]
            if at < 0:
                return name
        return names[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain values that `experiment_of` takes back."""
        return asdict(self)


def _uniform(salt: str, purpose: str, unit: str) -> float:
    """In [0, 1), the same for the same three, independent for others."""
    text = "\0".join((salt, purpose, unit))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / 2.0**64


def exposures(experiments: Sequence[Experiment], user: str, session: str, now: float) -> dict[str, str]:
    """Arm by running experiment: what `Shown.arms` records. "" for a user or a session is unknown and takes no part."""
    found = {}
    for one in experiments:
        unit = user if one.unit == "user" else session
        arm = one.arm(unit) if unit and one.runs(now) else None
        if arm is not None:
            found[one.name] = arm
    return found


def settings_under(experiments: Sequence[Experiment], arms: Mapping[str, str]) -> dict[str, Any]:
    """What is served otherwise under these arms (those of `exposures`)."""
    found: dict[str, Any] = {}
    for one in experiments:
        if one.name in arms:
            found |= one.settings.get(arms[one.name], {})
    return found


def experiment_of(value: object) -> Experiment:
    """An experiment from plain values; raises `TastemakerError` with what is wrong with them."""
    if not isinstance(value, Mapping):
        raise DataError(f"An experiment is a table of settings (got {value!r}).")
    try:
        return Experiment(**value)
    except pydantic.ValidationError as error:
        raise refused(f"Experiment {value.get('name', '')!r} cannot be:", error) from error


def read_experiments(shop: Shop) -> list[Experiment]:
    """Those that a shop keeps."""
    return [experiment_of(value) for value in shop.note(NOTE) or []]


def write_experiments(shop: Shop, experiments: Sequence[Experiment]) -> None:
    """Keep these instead of those kept so far.

    Raises:
        BadSetting: two have one name, or set the same or interleave while both run: what they did could not be told
            apart.
    """
    for one, other in combinations(experiments, 2):
        if one.name == other.name:
            raise BadSetting(f"Two experiments are called {one.name!r}. Give each its own name.")
        if one.interleave and other.interleave and _overlap(one, other):
            raise BadSetting(f"Experiments {one.name!r} and {other.name!r} interleave at the same time: run one.")
        both = sorted(_sets(one) & _sets(other)) if _overlap(one, other) else []
        if both:
            raise BadSetting(
                f"Experiments {one.name!r} and {other.name!r} run at the same time and both set {', '.join(both)}. "
                "Stop one before the other starts."
            )
    shop.note(NOTE, [one.to_json() for one in experiments])


def _sets(one: Experiment) -> set[str]:
    return {key for settings in one.settings.values() for key in settings}


def _overlap(one: Experiment, other: Experiment) -> bool:
    ends: Iterator[float] = (float("inf") if e.stop is None else e.stop for e in (one, other))
    return max(one.start, other.start) < min(ends)

"""Whether a new version may take the place of the live one: both on the latest events, which neither has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pydantic
from annotated_types import Ge, Gt, Le, Lt

from tastemaker.core import Run, component, generator
from tastemaker.core.component import refused
from tastemaker.data import Dataset
from tastemaker.evaluation.base import Recommends
from tastemaker.evaluation.compare import compare
from tastemaker.evaluation.evaluate import evaluate
from tastemaker.evaluation.report import Report

USERS = 5000  # who are asked for at most
FEWEST = 10  # users below which nothing is concluded


@component
class Gate:
    """What a new version must pass.

    Attributes:
        share: Latest share of the events that versions are judged by.
        tolerance: Share of the live version's NDCG that a new one may lose at most, with 97.5 % confidence.
        least: Users with something to find after the live version's last event, from which on it is judged as it
            serves; with fewer, its settings learn anew from what came before the cut.
        k: Length of the lists.
        keep: Newest versions whose folders stay.
    """

    share: Annotated[float, Gt(0), Le(0.5)] = 0.1
    tolerance: Annotated[float, Ge(0), Lt(1)] = 0.1
    least: Annotated[int, Ge(1)] = 50
    k: Annotated[int, Ge(1), Le(100)] = 10
    keep: Annotated[int, Ge(1)] = 5


def gate_of(**settings: Any) -> Gate:
    """A gate; raises `BadSetting` where a setting cannot be taken."""
    try:
        return Gate(**settings)
    except pydantic.ValidationError as error:
        raise refused("A new version cannot be judged so:", error) from error


@dataclass(frozen=True)
class Cut:
    """A moment, and what is known before and came after it.

    Attributes:
        known: What candidates learn from, and histories.
        held: What is to be found, of `USERS` users at most.
        unseen: Whether the live version has seen none of `held`.
    """

    known: Dataset
    held: Dataset
    unseen: bool

    @property
    def users(self) -> int:
        """With something to find."""
        return _liking(self.held)


def cut(data: Dataset, until: int | None, gate: Gate, seed: int = 0) -> Cut:
    """Hold the latest events out, if it can be only such as the live version has not seen.

    Args:
        data: Everything, oldest first.
        until: Time of the last event that the live version learned from; None without one.
        gate: How many are held out, and from how many users on.
        seed: Of the draw of users.
    """
    times = data.interactions.time
    at = int(len(times) * (1 - gate.share))
    if until is None:
        return _cut(data, at, True, seed)
    after = max(at, int(np.searchsorted(times, until, side="right")))
    unseen = after == at or _liking(data.only(np.arange(after, len(times)))) >= gate.least
    return _cut(data, after if unseen else at, unseen, seed)


def _cut(data: Dataset, at: int, unseen: bool, seed: int) -> Cut:
    rows = np.arange(len(data.interactions))
    held = data.only(rows >= at)
    users = np.unique(held.interactions.user)
    if len(users) > USERS:
        drawn = generator(seed, "shadow").choice(users, USERS, replace=False)
        held = held.only(np.isin(held.interactions.user, drawn))
    return Cut(data.only(rows < at), held, unseen)


def _liking(data: Dataset) -> int:
    return len(np.unique(data.interactions.user[data.interactions.sign > 0]))


def measured(model: Recommends, moment: Cut, gate: Gate, run: Run) -> Report | None:
    """NDCG and recall of full rankings; None where nobody has anything to find."""
    if not moment.users:
        return None
    return evaluate(model, moment.known, moment.held, metrics=["ndcg", "recall"], k=gate.k, seed=run.seed, run=run)


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate may serve.

    Attributes:
        passed: Whether it is not worse.
        why: In words.
        figures: What was measured.
    """

    passed: bool
    why: str
    figures: Mapping[str, Any]


def judged(candidate: Report | None, live: Report | None, gate: Gate) -> Verdict:
    """Compare two reports of the same users; `live` None where no version serves yet."""
    own = _figures(candidate)
    if live is None:
        said = "" if candidate is None else f", NDCG@{gate.k} {candidate['ndcg']:.4f}"
        return Verdict(True, f"the first version{said}", {"candidate": own})
    if candidate is None or len(candidate.users) < FEWEST:
        users = 0 if candidate is None else len(candidate.users)
        return Verdict(False, f"only {users} users have something to find: too few to judge by", {"candidate": own})
    found = compare(candidate.named("candidate"), live.named("live"))
    difference, least = found["ndcg"], -gate.tolerance * live["ndcg"]
    passed = difference.low >= least
    why = (
        f"NDCG@{gate.k} {candidate['ndcg']:.4f}, live {live['ndcg']:.4f}: difference {difference.mean:+.4f} "
        f"[{difference.low:+.4f}, {difference.high:+.4f}], "
        f"{'not' if passed else 'may be'} worse than {least:+.4f} ({len(candidate.users)} users)"
    )
    both = {"candidate": own, "live": _figures(live), "difference": found.to_json()["differences"]}
    return Verdict(passed, why, both)


def _figures(report: Report | None) -> Any:
    if report is None:
        return None
    return {name: measure.to_json() for name, measure in report.measures.items()} | {"users": len(report.users)}

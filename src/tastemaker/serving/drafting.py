"""Lists of two arms served as one, and what was chosen of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tastemaker.core import DataError, generator
from tastemaker.data.events import WEIGHTS, canonical
from tastemaker.evaluation.sequential import Interval
from tastemaker.serving.ask import Answer
from tastemaker.serving.experiments import BOTH, Experiment
from tastemaker.serving.interleaving import Interleaved, Team, credit, preference, team_draft
from tastemaker.storage.base import Event, Shown

DRAFTED = 12  # first places that are drafted; chances of more cannot be told in time
MARK = "/"  # between a team and the source of an item, in `Shown.sources`


def drafted(lists: Sequence[tuple[str, Answer]]) -> Answer:
    """One list of one or of two teams; the first places are drafted, the others are the first team's.

    Chances are those of the draft times those within each team's own list.
    """
    if len(lists) == 1:
        return lists[0][1]
    (one, first), (other, second) = lists
    ranked = [{item.item: item for item in answer.items} for answer in (first, second)]
    k = max(map(len, ranked))
    draft = team_draft(list(ranked[0]), list(ranked[1]), min(k, DRAFTED), generator(0, first.request))
    teams = {"a": (one, ranked[0]), "b": (other, ranked[1])}
    listed = []
    for name, side, chance in zip(draft.items, draft.teams, draft.propensities, strict=True):
        team, own = teams[side]
        item = own[name]
        listed.append(
            item._replace(source=f"{team}{MARK}{item.source}", propensity=max(chance * item.propensity, 1e-12))
        )
    listed += [item for item in first.items if item.item not in draft.items][: k - len(listed)]
    return replace(first, items=tuple(listed), degraded=first.degraded or second.degraded)


@dataclass(frozen=True)
class Preferred:
    """The answer of `preferred`.

    Attributes:
        experiment: Its name.
        arm: Which arm a positive preference speaks for.
        other: The other one.
        lists: How many were shown.
        preference: How much oftener the arm wins than the other, in [-1, 1]; may be looked at every day.
    """

    experiment: str
    arm: str
    other: str
    lists: int
    preference: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "interleaving",
            "experiment": self.experiment,
            "arm": self.arm,
            "other": self.other,
            "lists": self.lists,
            "preference": self.preference.to_json(),
        }


def preferred(experiment: Experiment, shown: Sequence[Shown], events: Sequence[Event]) -> Preferred:
    """Which arm of an interleaved experiment people choose from: by every event that is no refusal.

    Raises:
        DataError: no list was drafted for it.
    """
    lists = [one for one in shown if one.arms.get(experiment.name) == BOTH]
    if not lists:
        raise DataError(f"No list was drafted for experiment {experiment.name!r}.")
    chosen: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.request and WEIGHTS.get(canonical(event.kind), 1.0) > 0:
            chosen[event.request].add(event.item)
    first, second = sorted(experiment.arms)
    credits: dict[str, list[int]] = defaultdict(list)
    for one in lists:
        draft = _draft(one, first, second)
        credits[one.user or f"\0{one.request}"].append(credit(draft, chosen[one.request]))
    return Preferred(
        experiment.name, first, second, len(lists), preference(credits, experiment.effect, experiment.alpha)
    )


def _draft(shown: Shown, first: str, second: str) -> Interleaved:
    """The places of a list that a team brought."""
    sides: dict[str, Team] = {first: "a", second: "b"}
    teams = [sides.get(source.rpartition(MARK)[0]) for source in shown.sources]
    found = [(item, team) for item, team in zip(shown.items, teams, strict=True) if team is not None]
    return Interleaved(tuple(item for item, _ in found), tuple(team for _, team in found), (1.0,) * len(found))

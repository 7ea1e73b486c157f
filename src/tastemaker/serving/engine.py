"""Lists: candidates, scores, rules, and something to fall back on when a stage fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.core import DataError, TastemakerError
from tastemaker.serving.ask import Answer, Ask, Scenario
from tastemaker.serving.histories import Asking, due
from tastemaker.serving.live import Live
from tastemaker.serving.making import Making
from tastemaker.serving.plan import Plan, Planner
from tastemaker.serving.scoring import Scored
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Attribute, Event, Shop, Shown, User

LOG = logging.getLogger("tastemaker.serving")
Arms = Callable[[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One request on its way.

    Attributes:
        ask: What is asked.
        asking: Who asks.
        plan: How the list is made.
        arms: Arm by experiment.
    """

    ask: Ask
    asking: Asking
    plan: Plan
    arms: Mapping[str, str]


class Engine:
    """Answers for one tenant. May be asked from one thread while another keeps `live` up to date.

    Args:
        shop: Where users and their events are.
        live: The model; replaced as a whole when another version is promoted.
        settings: Scenarios and others.
    """

    def __init__(self, shop: Shop, live: Live, settings: ServeSettings) -> None:
        self.shop, self.settings = shop, settings
        self._scenarios = {"" if name == "default" else name: s for name, s in settings.scenarios.items()}
        self._serving = (live, Planner(live.columns, self._scenarios))

    @property
    def live(self) -> Live:
        """The version that answers now."""
        return self._serving[0]

    def swap(self, live: Live) -> None:
        """Answer by another version from the next batch on."""
        self._serving = (live, Planner(live.columns, self._scenarios))

    def recommend(self, asks: Sequence[Ask]) -> list[Answer | TastemakerError]:
        """A list for each request, all by one version of the model; an error stands in the place of its list."""
        (live, planner), now = self._serving, time.time()
        turns = [self._turn(live, planner, ask, now) for ask in asks]
        good = [turn for turn in turns if isinstance(turn, Turn)]
        scored, failed = _scored(live, good)
        made = iter(
            [
                Making(live, turn.asking, turn.plan, turn.ask).answer(scored, n, failed, turn.arms)
                for n, turn in enumerate(good)
            ]
        )
        return [next(made) if isinstance(turn, Turn) else turn for turn in turns]

    def scenario(self, name: str) -> Scenario:
        """Settings of one scenario; raises `DataError` where there is none of that name."""
        if name and name not in self._scenarios:
            raise DataError(
                f"There is no scenario {name!r}. Known: {', '.join(filter(None, self._scenarios)) or 'none'}."
            )
        return self._scenarios.get(name, Scenario())

    def _turn(self, live: Live, planner: Planner, ask: Ask, now: float) -> Turn | TastemakerError:
        try:
            self.scenario(ask.scenario)
            user = self.shop.user(ask.user) if ask.user else None
            asking = self.asking(live, ask, now, user)
            plan = planner.plan(ask, {} if user is None else user.attributes, now)
            return Turn(ask, asking, plan, {})
        except TastemakerError as error:
            return error

    def asking(self, live: Live, ask: Ask, now: float, user: User | None = None) -> Asking:
        """Who asks: what the store keeps of him, and what the request tells."""
        stored = due(self.shop.history(ask.user, self.settings.history), now) if user is not None else []
        session = [Event(ask.user, did.item, did.kind, did.value, now) for did in ask.events]
        wanted = [Event(ask.user, item, "like", 1.0, now) for item in ask.items]
        about: Mapping[str, Attribute] = {} if user is None else user.attributes
        asking = live.histories.asking(ask.user, [*stored, *session, *wanted], about)
        return asking if user is None or user.profiling else live.histories.unprofiled(asking)


def _scored(live: Live, turns: Sequence[Turn]) -> tuple[Scored | None, str]:
    """The model's opinion; where it fails, the lists are made without it, and say so."""
    if not turns:
        return None, ""
    depth = max(turn.plan.depth + len(turn.asking.seen) + len(turn.ask.exclude) for turn in turns)
    try:
        masks = [turn.plan.allowed for turn in turns]
        return live.scorer.ask([turn.asking.query for turn in turns], min(depth, live.n), masks), ""
    except Exception as error:
        LOG.exception("the model %s failed", live.version)
        return None, f"model: {type(error).__name__}"


def shown(ask: Ask, answer: Answer, now: float) -> Shown:
    """What is kept of a list."""
    listed = answer.items
    return Shown(
        request=answer.request,
        user=ask.user,
        time=now,
        model=answer.model,
        scenario=ask.scenario,
        arms=answer.arms,
        items=tuple(one.item for one in listed),
        scores=tuple(float(np.float32(one.score)) for one in listed),
        propensities=tuple(one.propensity for one in listed),
        sources=tuple(one.source for one in listed),
    )

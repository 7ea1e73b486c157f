"""Lists: candidates, scores, rules, and something to fall back on when a stage fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from tastemaker.core import DataError
from tastemaker.serving.arms import Arms, Given
from tastemaker.serving.ask import Answer, Ask, Scenario
from tastemaker.serving.bandit import Bandit
from tastemaker.serving.drafting import drafted
from tastemaker.serving.experiments import Experiment
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.making import Making
from tastemaker.serving.plan import Plan, Planner
from tastemaker.serving.scoring import Scored
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Attribute, Deed, Shop, Shown, User

LOG = logging.getLogger("tastemaker.serving")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turn:
    """One request on its way.

    Attributes:
        ask: What is asked.
        live: What answers.
        asking: Who asks.
        plan: How the list is made.
        given: Arms, and whose list it is.
    """

    ask: Ask
    live: Live
    asking: Asking
    plan: Plan
    given: Given


class Serving:
    """What answers at one moment; replaced as a whole.

    Args:
        live: The live version.
        others: Versions that arms of experiments are served by.
        experiments: Those that run, or will.
    """

    def __init__(self, live: Live, others: Iterable[Live] = (), experiments: Sequence[Experiment] = ()) -> None:
        self.live = live
        self.arms = Arms(experiments)
        self._lanes = {one.version: (one, Planner(one.columns)) for one in (*others, live)}

    def lane(self, version: str) -> tuple[Live, Planner]:
        """A version by its name, "" the live one."""
        return self._lanes[version or self.live.version]


class Engine:
    """Answers for one tenant. May be asked from one thread while another keeps `live` up to date.

    Args:
        shop: Where users and their events are.
        live: The model; replaced as a whole when another version is promoted.
        settings: Scenarios and others.

    Attributes:
        bandit: What lists that explore by "linucb" have taught.
    """

    def __init__(self, shop: Shop, live: Live, settings: ServeSettings) -> None:
        self.shop, self.settings = shop, settings
        self._scenarios = {"" if name == "default" else name: s for name, s in settings.scenarios.items()}
        self._serving = Serving(live)
        self.bandit = Bandit(shop, settings.bandit)

    @property
    def live(self) -> Live:
        """The version that answers now, where no experiment says otherwise."""
        return self._serving.live

    def swap(self, serving: Serving) -> None:
        """Answer by other versions from the next batch on."""
        self._serving = serving

    def recommend(self, asks: Sequence[Ask]) -> list[Answer | Exception]:
        """A list for each request, by one state of all versions; an error stands in the place of its list."""
        serving, now = self._serving, time.time()
        turns = [_tried(partial(self._turns, serving, ask, now)) for ask in asks]
        answers = iter(_answers([turn for some in turns if isinstance(some, list) for turn in some]))
        return [
            _tried(partial(_joined, [(turn.given.team, next(answers)) for turn in some]))
            if isinstance(some, list)
            else some
            for some in turns
        ]

    def scenario(self, name: str) -> Scenario:
        """Settings of one scenario; raises `DataError` where there is none of that name."""
        if name and name not in self._scenarios:
            raise DataError(
                f"There is no scenario {name!r}. Known: {', '.join(filter(None, self._scenarios)) or 'none'}."
            )
        return self._scenarios.get(name, Scenario())

    def _turns(self, serving: Serving, ask: Ask, now: float) -> list[Turn]:
        """One, or two where lists of two arms are drafted into one."""
        user = self.shop.user(ask.user) if ask.user else None
        return [self._turn(serving, ask, now, user, given) for given in serving.arms.of(ask, now)]

    def _turn(self, serving: Serving, ask: Ask, now: float, user: User | None, given: Given) -> Turn:
        scenario = serving.arms.scenario(ask.scenario, self.scenario(ask.scenario), given)
        live, planner = serving.lane(given.model)
        asking = self.asking(live, ask, now, user)
        told: Mapping[str, Attribute] = {} if user is None else user.attributes
        plan = planner.plan(ask, scenario, told, now, len(asking.disliked) > 0)
        learns = (user is None or user.profiling) and not given.team
        if plan.explore and learns and (ask.explore_by or scenario.explore_by) == "linucb":
            plan = replace(plan, bandit=self.bandit)
        return Turn(ask, live, asking, plan, given)

    def asking(self, live: Live, ask: Ask, now: float, user: User | None = None) -> Asking:
        """Who asks: what the store keeps of him, and what the request tells."""
        if user is None:
            return live.histories.of(ask.user, _told(ask, now), {}, now)
        asking = self._known(live, user, now) if not (ask.events or ask.items) else None
        if asking is None:
            stored = self.shop.deeds(ask.user, self.settings.history)
            asking = live.histories.of(ask.user, [*stored, *_told(ask, now)], user.attributes, now)
        return asking if user.profiling else live.histories.unprofiled(asking)

    def _known(self, live: Live, user: User, now: float) -> Asking:
        """Who asks for nothing but a list: as he was read before, where that still holds."""
        mark = self.shop.mark(user.id, self.settings.history)
        known = None if mark is None else live.remembered.get(user.id, (user.revision, *mark))
        if known is not None:
            return known
        stored = self.shop.deeds(user.id, self.settings.history)
        asking = live.histories.of(user.id, stored, user.attributes, now)
        if mark is not None and live.histories.lasting(stored):
            live.remembered.put(user.id, (user.revision, *mark), asking)
        return asking


def _told(ask: Ask, now: float) -> list[Deed]:
    """What a request itself tells of who asks."""
    session = [(did.item, did.kind, did.value, now, "") for did in ask.events]
    return [*session, *((item, "like", 1.0, now, "") for item in ask.items)]


def _tried(work: Callable[[], T]) -> T | Exception:
    """What `work` gives, or what went wrong: whoever asked must hear of it, and nobody else of the batch."""
    try:
        return work()
    except Exception as error:
        return error


def _joined(made: Sequence[tuple[str, Answer | Exception]]) -> Answer:
    """One list of those of one request; raises what one of them failed of."""
    lists = []
    for team, found in made:
        if isinstance(found, Exception):
            raise found
        lists.append((team, found))
    return drafted(lists)


def _answers(turns: Sequence[Turn]) -> list[Answer | Exception]:
    """A list for each; those of one version are scored together."""
    groups: dict[str, list[int]] = {}
    for place, turn in enumerate(turns):
        groups.setdefault(turn.live.version, []).append(place)
    made: dict[int, Answer | Exception] = {}
    for places in groups.values():
        scored, failed = _scored([turns[place] for place in places])
        for n, place in enumerate(places):
            made[place] = _tried(partial(_answer, turns[place], scored, n, failed))
    return [made[place] for place in range(len(turns))]


def _answer(turn: Turn, scored: Scored | None, query: int, failed: str) -> Answer:
    return Making(turn.live, turn.asking, turn.plan, turn.ask).answer(scored, query, failed, turn.given.arms)


def _scored(turns: Sequence[Turn]) -> tuple[Scored | None, str]:
    """The opinion of the version that all have; where it fails, the lists are made without it, and say so."""
    live = turns[0].live
    depth = max(turn.plan.depth + len(turn.asking.seen) + len(turn.ask.exclude) for turn in turns)
    try:
        masks = [turn.plan.allowed for turn in turns]
        queries, memos = [turn.asking.query for turn in turns], [turn.asking.memo for turn in turns]
        return live.scorer.ask(queries, min(depth, live.n), masks, memos), ""
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
        scores=tuple(np.array([one.score for one in listed], np.float32).tolist()),
        propensities=tuple(one.propensity for one in listed),
        sources=tuple(one.source for one in listed),
    )

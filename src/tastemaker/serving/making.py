"""One list: candidates of several sources, scored, re-ordered, filled up, and told why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.top import descending
from tastemaker.rules.caps import capped
from tastemaker.rules.diversity import diversified
from tastemaker.rules.explore import EpsilonSlots, Placed
from tastemaker.serving.ask import SOURCES, Answer, Ask, Listed
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.parts import total
from tastemaker.serving.plan import PLAIN, Plan
from tastemaker.serving.reasons import reason
from tastemaker.serving.scoring import Scored
from tastemaker.serving.sources import first
from tastemaker.serving.space import of_rows

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
EVERY = 5  # the last of so many places may explore


class Making:
    """The making of one list.

    Args:
        live: Items.
        asking: Who asks.
        plan: How.
        ask: What is asked.
    """

    def __init__(self, live: Live, asking: Asking, plan: Plan, ask: Ask) -> None:
        self._live, self._asking, self._plan, self._ask = live, asking, plan, ask
        self._request = ask.request or uuid4().hex
        never = [*([] if ask.repeat else [asking.seen]), live.rows(ask.exclude), live.rows(ask.items)]
        self._never = np.concatenate([np.empty(0, np.int32), *never])
        self._allowed: NDArray[np.bool_] | None = None

    def answer(self, scored: Scored | None, query: int, degraded: str, arms: Mapping[str, str]) -> Answer:
        """The list; `scored` None where the model failed."""
        rows, scores, sources = self._candidates(scored, query)
        rows, scores = self._ordered(rows, scores, scored, query)
        rows, scores, chances = self._shaped(rows, scores)
        if len(rows) < self._ask.k:
            rows, scores = self._filled(rows, scores, sources)
            chances = np.concatenate([chances, np.ones(len(rows) - len(chances))])
        told = self._listed(rows.tolist(), np.round(scores, 6).tolist(), chances.tolist(), sources)
        return Answer(self._request, told, self._live.version, degraded, dict(arms))

    def _candidates(self, scored: Scored | None, query: int) -> tuple[Rows, Floats, dict[int, str]]:
        """Rows with the score of the source that named them first, and that source where it is not the first."""
        main, *others = self._plan.sources
        rows, scores = self._of(main, scored, query)
        if not others:
            return rows, scores.astype(np.float64), {}
        found: dict[int, float] = dict(zip(rows.tolist(), scores.tolist(), strict=True))
        sources: dict[int, str] = {}
        for source in others:
            rows, scores = self._of(source, scored, query)
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
                if row not in found:
                    found[row], sources[row] = score, source
        rows, scores = np.fromiter(found, np.int32, len(found)), np.fromiter(found.values(), np.float64, len(found))
        return rows, scores, sources

    def _of(self, source: str, scored: Scored | None, query: int) -> tuple[Rows, Any]:
        depth = self._plan.depth
        if source != "model":
            return self._other(source, depth)
        if scored is None:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        rows, scores = scored.best(query, depth + len(self._never), self._plan.allowed)
        if len(self._never):
            kept = self._open()[rows]
            rows, scores = rows[kept], scores[kept]
        return rows[:depth], scores[:depth]

    def _other(self, source: str, k: int) -> tuple[Rows, Any]:
        return first(self._live, self._asking, source, k, self._open())

    def _open(self) -> NDArray[np.bool_]:
        """What the list may hold, and has not been seen."""
        if self._allowed is None:
            self._allowed = self._plan.allowed.copy()
            self._allowed[self._never[self._never < len(self._allowed)]] = False
        return self._allowed

    def _ordered(self, rows: Rows, scores: Floats, scored: Scored | None, query: int) -> tuple[Rows, Floats]:
        """Best first; as the only source has it, where nothing else counts."""
        weights, boosts = self._plan.weights, self._plan.boosts
        one = len(self._plan.sources) == 1
        if not (one and vars(weights) == PLAIN and not len(self._asking.disliked)):
            behaviour = self._behaviour(rows, scores, scored, query)
            scores = total(self._live, self._asking, rows, behaviour, weights)
        if boosts is not None:
            with np.errstate(divide="ignore"):
                scores = scores + np.log(boosts[rows])
        order = descending(scores)
        rows, scores = rows[order], scores[order]
        there = np.isfinite(scores)
        return (rows, scores) if there.all() else (rows[there], scores[there])

    def _behaviour(self, rows: Rows, scores: Floats, scored: Scored | None, query: int) -> Floats:
        """The model's scores: those that the candidates came with where they are all its own."""
        if scored is None:
            return np.full(len(rows), np.nan)
        if self._plan.sources == ("model",):
            return scores
        return scored.at(query, rows).astype(np.float64)

    def _shaped(self, rows: Rows, scores: Floats) -> tuple[Rows, Floats, Floats]:
        """Caps, diversity, exploration; and the chance of each place."""
        plan, k = self._plan, self._ask.k
        joint = self._live.space.joint
        if plan.diversity and joint.shape[1] and len(rows):
            inside = len(rows) if plan.caps else k
            order = diversified(scores.astype(np.float32), of_rows(joint, rows), inside, plan.diversity)
            order = np.concatenate([order, np.setdiff1d(np.arange(len(rows)), order)])  # the rest may be explored
            rows, scores = rows[order], scores[order]
        if plan.caps:
            kept = capped(rows, plan.view, plan.caps, k)
            rows, scores = rows[kept], scores[kept]
        chances = np.ones(min(k, len(rows)))
        if not plan.explore:
            return rows[:k], scores[:k], chances
        placed = self._tried(rows, scores)
        score = dict(zip(rows.tolist(), scores.tolist(), strict=True))
        return placed.items, np.array([score[row] for row in placed.items.tolist()]), placed.propensities

    def _tried(self, rows: Rows, scores: Floats) -> Placed:
        """Some places go to candidates that would not have been listed."""
        plan, k = self._plan, self._ask.k
        slots = tuple(range(min(EVERY, k) - 1, max(k, 1), EVERY))
        policy = EpsilonSlots(slots=slots, epsilon=plan.explore)
        if plan.bandit is None:
            return policy.place(rows[:k], rows[k:], self._request)
        trial = plan.bandit.trial(self._live, self._asking, rows, scores)
        placed = policy.place(rows[:k], rows[k:], self._request, lambda pool, m: trial.choose(pool, m, self._request))
        there = np.array([slot for slot in slots if slot < len(placed.items)], np.intp)
        trial.given(self._request, self._ask.user, placed.items[there])
        return placed

    def _filled(self, rows: Rows, scores: Floats, sources: dict[int, str]) -> tuple[Rows, Floats]:
        """The next sources in turn, until the list is full; caps and boosts of 0 hold there too."""
        k, caps, boosts = self._ask.k, self._plan.caps, self._plan.boosts
        listed = rows
        for source in SOURCES:
            if source == "model" or source in self._plan.sources or len(listed) >= k:
                continue
            found, _ = self._other(source, (self._plan.depth if caps else k) + len(listed))
            found = found[~np.isin(found, listed) & (boosts is None or boosts[found] > 0)]
            both = np.concatenate([listed, found])
            both = both[capped(both, self._plan.view, caps, k)] if caps else both[:k]
            sources |= dict.fromkeys(both[len(listed) :].tolist(), source)
            listed = both
        low = float(scores.min()) if len(scores) else 0.0
        return listed, np.concatenate([scores, low - 1.0 - np.arange(len(listed) - len(rows))])

    def _listed(
        self, rows: list[int], scores: list[float], chances: list[float], sources: Mapping[int, str]
    ) -> tuple[Listed, ...]:
        live, first = self._live, self._plan.sources[0]
        by = [sources.get(row, first) for row in rows]
        whys = [""] * len(rows)
        if self._ask.explain:
            whys = [reason(live, self._asking, row, source) for row, source in zip(rows, by, strict=True)]
        ids, titles = [live.ids[row] for row in rows], [live.titles[row] for row in rows]
        return tuple(map(Listed, ids, scores, by, titles, whys, chances))

"""Opinions of several models on one scale, and the weights that held-out behaviour gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.core.top import top_k
from tastemaker.data import Dataset, Query
from tastemaker.models.base import Scores
from tastemaker.models.judging import JUDGED, PLACES, Judge

How = Literal["scores", "ranks"]
DEPTH = 500  # places that count in reciprocal rank fusion
SMOOTH = 60.0  # its constant
TRIED = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
FIRST = 50  # places of each model's lists that a blend's may come from
STEP = 0.001  # share of the figure that a step must gain
CELLS = 1 << 24  # scores of one model held at a time while weights are chosen

Weights = NDArray[np.float64]


def scaled(scores: Scores, how: How) -> Scores:
    """Opinions on the scale on which they are added, 0 in a row without any; nan is the lowest opinion.

    "scores": mean 0 and deviation 1 over the opinions of a row. "ranks": ``1 / (60 + rank)``, 0 from place 500
    on (Cormack et al. 2009).
    """
    heard = ~np.isnan(scores)
    if how == "ranks":
        return _reciprocal(np.where(heard, scores, -np.inf))
    count = np.maximum(heard.sum(axis=1, keepdims=True), 1)
    filled = np.where(heard, scores, 0).astype(np.float64)
    mean = filled.sum(axis=1, keepdims=True) / count
    apart = np.where(heard, filled - mean, 0)
    spread = np.sqrt((apart**2).sum(axis=1, keepdims=True) / count)
    out = apart / np.where(spread > 0, spread, 1)
    low = np.minimum(out.min(axis=1, keepdims=True), 0)
    return np.where(heard, out, low).astype(np.float32)


def _reciprocal(scores: Scores) -> Scores:
    depth = min(DEPTH, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    worth = np.broadcast_to(1 / (SMOOTH + np.arange(1, depth + 1)), order.shape)
    there = np.isfinite(np.take_along_axis(scores, order, axis=1))
    out = np.zeros(scores.shape, np.float32)
    np.put_along_axis(out, order, np.where(there, worth, 0).astype(np.float32), axis=1)
    return out


def blended(scores: Sequence[Scores], weights: Weights, how: How) -> Scores:
    """Weighted sum of scaled opinions; nan where no model with a weight has one."""
    out = np.zeros(scores[0].shape, np.float32)
    heard = np.zeros(scores[0].shape, bool)
    for one, weight in zip(scores, weights, strict=True):
        if weight > 0:
            out += np.float32(weight) * scaled(one, how)
            heard |= ~np.isnan(one)
    return np.where(heard, out, np.float32(np.nan))


def strange(queries: Sequence[Query]) -> NDArray[np.bool_]:
    """Whether nothing is known of what the asking like or dislike, shape (q,)."""
    return np.array([not query.sign.any() for query in queries], bool)


def judge_of(data: Dataset, validation: Dataset, **more: Any) -> Judge:
    """As many users as the scores of one model may be held of, 1,000 at most; `more` goes to the judge."""
    return Judge(data, validation, max(1, min(JUDGED, CELLS // max(1, len(data.items)))), **more)


class Pool:
    """The first items of each model's lists: those that a blend of them could list.

    Args:
        judge: The users, and what should stand in their lists.
        scores: What each model says for them, (users, n_items).
        how: The scale.
    """

    def __init__(self, judge: Judge, scores: Sequence[Scores], how: How) -> None:
        self._judge = judge
        first = [judge.first(judge.at_hand(one), FIRST) for one in scores]
        items = np.sort(np.concatenate(first, axis=1), axis=1)
        items[:, 1:][items[:, 1:] == items[:, :-1]] = -1
        items = np.sort(items, axis=1)[:, ::-1][:, : max(PLACES, int((items >= 0).sum(axis=1).max()))]
        self._out, self._hit = items < 0, judge.hits(items)
        self._said = [np.take_along_axis(scaled(one, how), np.maximum(items, 0), axis=1) for one in scores]

    def figure(self, weights: Weights) -> float:
        """NDCG@10 of the models' blend."""
        total = np.zeros(self._out.shape, np.float32)
        for weight, one in zip(weights, self._said, strict=True):
            if weight > 0:
                total += np.float32(weight) * one
        total[self._out] = -np.inf
        place, score = top_k(total, PLACES)
        hits = np.take_along_axis(self._hit, np.maximum(place, 0), axis=1)
        return self._judge.figure(hits & np.isfinite(score))


def chosen(judge: Judge, scores: Sequence[Scores], how: How, rounds: int = 3) -> tuple[Weights, float]:
    """Weights that give the best lists, found one model after the other, and their NDCG@10.

    Args:
        judge: The users, and what should stand in their lists.
        scores: What each model says for them, (users, n_items).
        how: The scale.
        rounds: Most turns over the models.
    """
    return _climbed(Pool(judge, scores, how).figure, np.ones(len(scores)), rounds)


def added(judge: Judge, scores: Sequence[Scores], how: How, most: int) -> tuple[Weights, float]:
    """Weights found by adding to the first model, at each step, what helps most; and their NDCG@10.

    Args:
        judge: As of `chosen`.
        scores: The same, the best model first.
        how: The scale.
        most: Models with a weight at most.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models".
    """
    pool = Pool(judge, scores, how)
    weights = np.eye(len(scores))[0]
    best = pool.figure(weights)
    while True:
        full = np.count_nonzero(weights) >= most
        places = [n for n in range(len(scores)) if weights[n] > 0 or not full]
        tries = [_with(weights, n, value) for n in places for value in TRIED]
        figures = [pool.figure(one) if one.any() else 0.0 for one in tries]
        if max(figures) <= best * (1 + STEP):
            return weights, best
        best = max(figures)
        weights = tries[int(np.argmax(figures))]


def _with(weights: Weights, place: int, value: float) -> Weights:
    out = weights.copy()
    out[place] = value
    return out


def _climbed(worth: Callable[[Weights], float], weights: Weights, rounds: int) -> tuple[Weights, float]:
    best = worth(weights)
    for _ in range(rounds):
        before = best
        for place in range(len(weights)):
            for value in TRIED:
                other = _with(weights, place, value)
                if other.sum() > 0 and (found := worth(other)) > best:
                    weights, best = other, found
        if best <= before:
            break
    return weights, best

"""Learning what people do with candidates, from lists that were shown and the events that answered them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import fingerprints
from tastemaker.serving.actions import ACTIONS, PLAIN, Heads, done, features
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.logs import events_since, lists_since
from tastemaker.serving.plan import CANDIDATES
from tastemaker.storage.base import Event, Shop, Shown

LISTS = 20_000  # the latest that are learned from
LEAST = 20  # times that an action must have been done to be learned
ITEMS = 20_000  # most shown items whose own shares are kept
PRIOR = 2.0  # actions as many as which the mean counts in an item's share
FOLDS = 5
BLOCK = 64
C = 1.0  # inverse strength of the penalty on weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Shown items, n of them.

    Attributes:
        plain: Features, shape (n, 6).
        place: Logarithm of the place, 0 for the first, shape (n,).
        item: Row of the item, shape (n,).
        did: Whether each action was done, shape (n, actions).
        fold: Which users, 0..FOLDS-1, shape (n,).
    """

    plain: Floats
    place: Floats
    item: NDArray[np.int32]
    did: Floats
    fold: NDArray[np.intp]


def learn_actions(shop: Shop, live: Live) -> Heads | None:
    """Heads of the actions that were done often enough; None where none was.

    Features are made as a service makes them, with each user's history as of the time of the list; an item's own
    shares come from other users than those that a head learns from.
    """
    shown = [one for one in lists_since(shop)[-LISTS:] if one.items]
    events = events_since(shop)
    pairs = _pairs(live, shown, events) if shown else None
    if pairs is None or not len(pairs.item):
        return None
    often = [n for n in range(len(ACTIONS)) if LEAST <= pairs.did[:, n].sum() < len(pairs.item)]
    if not often:
        return None
    pairs = Pairs(pairs.plain, pairs.place, pairs.item, pairs.did[:, often], pairs.fold)
    return _fit(pairs, tuple(ACTIONS[n] for n in often), live)


def _pairs(live: Live, shown: Sequence[Shown], events: Sequence[Event]) -> Pairs:
    did: dict[tuple[str, str], set[str]] = defaultdict(set)
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda e: e.time):
        histories[event.user].append(event)
        if event.request:
            did[event.request, event.item].update(done(event))
    parts = []
    for at in range(0, len(shown), BLOCK):
        block = shown[at : at + BLOCK]
        parts += _block(live, block, [_before(histories.get(one.user, []), one.time) for one in block])
    kept = [(one, part) for one, part in zip(shown, parts, strict=True) if len(part[0])]
    rows = [did.get((one.request, live.ids[row]), set()) for one, (rows, _, _) in kept for row in rows.tolist()]
    return Pairs(
        plain=np.concatenate([plain for _, (_, _, plain) in kept]) if kept else np.zeros((0, len(PLAIN))),
        place=np.concatenate([place for _, (_, place, _) in kept]) if kept else np.zeros(0),
        item=np.concatenate([rows for _, (rows, _, _) in kept]) if kept else np.zeros(0, np.int32),
        did=np.array([[action in own for action in ACTIONS] for own in rows], np.float64).reshape(-1, len(ACTIONS)),
        fold=np.repeat([_fold(one) for one, _ in kept], [len(part[0]) for _, part in kept]).astype(np.intp),
    )


def _before(history: list[Event], time: float) -> list[Event]:
    return history[: bisect_left(history, time, key=lambda e: e.time)]


def _fold(shown: Shown) -> int:
    return int(fingerprints.of_bytes((shown.user or shown.request).encode())[:8], 16) % FOLDS


def _block(live: Live, shown: Sequence[Shown], histories: Sequence[Sequence[Event]]) -> list[Any]:
    """(rows, places, features) of each list, its model scores standardised over what would have been candidates."""
    asking = [live.histories.asking(s.user, past, {}) for s, past in zip(shown, histories, strict=True)]
    depth = min(CANDIDATES + max(len(one.seen) for one in asking), live.n)
    scored = live.scorer.ask([one.query for one in asking], depth, [np.ones(live.n, bool)] * len(asking))
    return [_list(live, one, asking[n], scored, n, depth) for n, one in enumerate(shown)]


def _list(live: Live, shown: Shown, asking: Asking, scored: Any, n: int, depth: int) -> Any:  # noqa: PLR0917, PLR0913
    places = [(at, row) for at, row in enumerate(map(live.row, shown.items)) if row is not None]
    rows = np.array([row for _, row in places], np.int32)
    best, scores = scored.best(n, depth, np.ones(live.n, bool))
    candidates = scores[~np.isin(best, asking.seen)][:CANDIDATES].astype(np.float64)
    own = scored.at(n, rows).astype(np.float64) if len(rows) else np.zeros(0)
    behaviour = _beside(own, candidates)
    place = np.log1p(np.array([at for at, _ in places], np.float64))
    return rows, place, features(live, asking, rows, behaviour)


def _beside(own: Floats, candidates: Floats) -> Floats:
    """Scores in deviations from the candidates' mean; no opinion counts as the lowest."""
    spread = candidates.std() if len(candidates) else 0.0
    if spread <= 1e-12:
        return np.zeros(len(own))
    own = np.where(np.isfinite(own), own, candidates.min())
    return np.asarray((np.maximum(own, candidates.min()) - candidates.mean()) / spread, np.float64)


def _fit(pairs: Pairs, actions: tuple[str, ...], live: Live) -> Heads:
    from sklearn.linear_model import LogisticRegression

    n = int(pairs.item.max()) + 1
    shares = np.zeros_like(pairs.did)
    for fold in range(FOLDS):
        own = pairs.fold == fold
        shares[own] = _shares(pairs, ~own, n)[pairs.item[own]]
    inputs = np.concatenate([pairs.plain, shares, pairs.place[:, None]], axis=1)
    models = [LogisticRegression(C=C, max_iter=1000).fit(inputs, pairs.did[:, a]) for a in range(len(actions))]
    weights = np.array([model.coef_[0] for model in models])
    return Heads(
        actions=actions,
        weights=weights[:, :-1],  # the place counts as the first: its logarithm is 0
        bias=np.array([model.intercept_[0] for model in models]),
        shares=_kept(_shares(pairs, np.ones(len(pairs.item), bool), n), pairs.item, live),
        told=_told(pairs, actions, inputs, weights[:, -1]),
    )


def _shares(pairs: Pairs, which: NDArray[np.bool_], n: int) -> Floats:
    """Logarithm of actions done over those expected at an item's places, drawn to 0, shape (n, actions)."""
    item, did = pairs.item[which], pairs.did[which]
    places, at = np.unique(pairs.place[which], return_inverse=True)
    counts = np.maximum(np.bincount(at, minlength=len(places)), 1)
    out = np.zeros((n, did.shape[1]))
    for a in range(did.shape[1]):
        mean = (np.bincount(at, did[:, a], minlength=len(places)) + did[:, a].mean()) / (counts + 1)
        got, due = np.bincount(item, did[:, a], minlength=n), np.bincount(item, mean[at], minlength=n)
        out[:, a] = np.log((got + PRIOR) / (due + PRIOR))
    return out


def _kept(shares: Floats, item: NDArray[np.int32], live: Live) -> dict[str, list[float]]:
    counts = np.bincount(item, minlength=len(shares))
    most = np.argsort(-counts, kind="stable")[:ITEMS]
    return {live.ids[row]: shares[row].tolist() for row in most.tolist() if counts[row]}


def _told(pairs: Pairs, actions: Sequence[str], inputs: Floats, place: Floats) -> dict[str, Any]:
    """Each action: how often it was done, what its place is worth, and calibration on users it did not learn from."""
    from sklearn.linear_model import LogisticRegression

    held = pairs.fold == 0
    found: dict[str, Any] = {}
    for a, action in enumerate(actions):
        did = pairs.did[:, a]
        found[action] = {"done": int(did.sum()), "shown": len(did), "place": float(place[a])}
        if held.any() and 0 < did[~held].sum() < (~held).sum():
            chances = LogisticRegression(C=C, max_iter=1000).fit(inputs[~held], did[~held]).predict_proba(inputs[held])
            found[action] |= {"held out": _calibrated(chances[:, 1], did[held], float(did[~held].mean()))}
    return found


def _calibrated(chances: Floats, did: Floats, base: float) -> dict[str, float]:
    """Mean chance beside the share done, and log loss beside that of the mean alone."""
    return {
        "predicted": float(chances.mean()),
        "done": float(did.mean()),
        "log loss": _loss(chances, did),
        "of the mean": _loss(np.full(len(did), base), did),
    }


def _loss(chances: Floats, did: Floats) -> float:
    chances = np.clip(chances, 1e-6, 1 - 1e-6)
    return float(-(did * np.log(chances) + (1 - did) * np.log(1 - chances)).mean())

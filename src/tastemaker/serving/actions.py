"""What people will do with a candidate: one small head an action, and one weight an action that makes them a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import SavedError, component
from tastemaker.data.events import canonical
from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live
from tastemaker.serving.parts import freshness, standard
from tastemaker.serving.sources import recent
from tastemaker.storage.base import Event, Shop

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
Weight = Annotated[float, Ge(-1000), Le(1000)]
HEADS, LEARNED = "actions", "actions as of"  # notes: what was learned, and when
DWELL = 30.0  # seconds of a view or a play from which on somebody has dwelt
KINDS: Mapping[str, frozenset[str]] = {
    "click": frozenset({"click", "view", "play"}),
    "like": frozenset({"like", "bookmark", "share", "follow", "comment"}),
    "buy": frozenset({"purchase"}),
    "dwell": frozenset({"view", "play"}),
    "complete": frozenset({"complete"}),
    "hide": frozenset({"hide", "dislike"}),
    "report": frozenset({"report"}),
}
PLAIN = ("behaviour", "content", "trend", "freshness", "popularity", "history")
"""Features of a candidate, before its own share of each action."""


@component
class ActionWeights:
    """What one action is worth; table ``[actions]`` of the service's TOML.

    Attributes:
        click: Any opening: click, view or play.
        like: Like, bookmark, share, follow or comment.
        buy: Purchase.
        dwell: A view or play of 30 seconds or more.
        complete: Seen or heard to its end.
        hide: Hide or dislike.
        report: Report.
    """

    click: Weight = 1.0
    like: Weight = 3.0
    buy: Weight = 10.0
    dwell: Weight = 2.0
    complete: Weight = 3.0
    hide: Weight = -10.0
    report: Weight = -30.0


ACTIONS = tuple(field.name for field in fields(ActionWeights))


def done(event: Event) -> list[str]:
    """Actions that an event is."""
    kind = canonical(event.kind)
    found = [action for action, kinds in KINDS.items() if kind in kinds]
    return [action for action in found if action != "dwell" or event.value >= DWELL]


def features(live: Live, asking: Asking, rows: Rows, behaviour: Floats) -> Floats:
    """Of candidates, in the order of `PLAIN`, shape (c, 6).

    Args:
        live: Items.
        asking: Who asks.
        rows: The candidates, shape (c,).
        behaviour: Their scores by the model, mean 0 and deviation 1 over the candidates of a list, shape (c,).
    """
    joint = live.space.joint
    content = joint[rows] @ recent(joint, asking.liked) if joint.shape[1] else np.zeros(len(rows))
    columns = [
        behaviour,
        content,
        _scaled(live.pulse.trend(live.n))[rows],
        freshness(live, rows),
        _scaled(np.log1p(live.pulse.popular(live.n)))[rows],
        np.full(len(rows), np.log1p(len(asking.seen))),
    ]
    return np.column_stack(columns).astype(np.float64)


def _scaled(values: Floats) -> Floats:
    return values / max(float(values.max(initial=0)), 1e-300)


@dataclass(frozen=True)
class Heads:
    """Logistic regressions over features and an item's own shares, with the place in the list held at the first.

    Attributes:
        actions: Those that were learned, a of them.
        weights: Shape (a, 6 + a): of `features`, then of the shares.
        bias: Shape (a,).
        shares: By item, for each action the logarithm of how much oftener than expected at its places it was done.
        told: How well each is calibrated, and what else was found.
    """

    actions: tuple[str, ...]
    weights: Floats
    bias: Floats
    shares: Mapping[str, Sequence[float]]
    told: Mapping[str, Any]

    def chances(self, plain: Floats, items: Sequence[str]) -> Floats:
        """Probability of each action with each candidate at the first place, shape (c, a)."""
        unknown = [0.0] * len(self.actions)
        own = np.array([self.shares.get(item, unknown) for item in items], np.float64).reshape(len(items), -1)
        logits = np.concatenate([plain, own], axis=1) @ self.weights.T + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float64)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "actions": list(self.actions),
            "weights": self.weights.tolist(),
            "bias": self.bias.tolist(),
            "shares": {item: [round(share, 3) for share in own] for item, own in self.shares.items()},
            "told": dict(self.told),
        }

    @classmethod
    def of(cls, value: Any) -> Heads:
        """Back again; raises `SavedError` where it is damaged."""
        try:
            actions = tuple(value["actions"])
            weights, bias = np.array(value["weights"], np.float64), np.array(value["bias"], np.float64)
            if weights.shape != (len(actions), len(PLAIN) + len(actions)) or bias.shape != (len(actions),):
                raise ValueError(weights.shape)
            return cls(actions, weights, bias, value["shares"], value["told"])
        except (KeyError, TypeError, ValueError) as error:
            raise SavedError("The learned actions are damaged. Learn them anew: tastemaker update") from error


@dataclass(frozen=True)
class ActionValue:
    """Heads and what each action is worth: a part of the score.

    Attributes:
        heads: Learned.
        weights: Set.
    """

    heads: Heads
    weights: ActionWeights

    def __call__(self, live: Live, asking: Asking, rows: Rows, behaviour: Floats) -> Floats:
        """``sum over actions of weight * chance``, shape (c,)."""
        plain = features(live, asking, rows, standard(behaviour))
        each = np.array([getattr(self.weights, action) for action in self.heads.actions], np.float64)
        value: Floats = self.heads.chances(plain, [live.ids[row] for row in rows.tolist()]) @ each
        return value


def write_heads(shop: Shop, heads: Heads, now: float) -> None:
    """Keep what was learned; services take it within a tick."""
    shop.note(HEADS, heads.to_json())
    shop.note(LEARNED, now)


def read_heads(shop: Shop) -> Heads | None:
    """What was learned; None where nothing was. Raises `SavedError` where it is damaged."""
    found = shop.note(HEADS)
    return None if found is None else Heads.of(found)

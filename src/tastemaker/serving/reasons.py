"""A short reason for an item of a list."""

from __future__ import annotations

from tastemaker.serving.histories import Asking
from tastemaker.serving.live import Live

ALIKE = 0.3  # likeness from which on a liked item is named
PLAIN = {
    "model": "people with a taste like yours chose it",
    "similar": "it is like what you liked last",
    "trending": "many ask for it now",
    "popular": "many have liked it",
    "fresh": "it is new",
}


def reason(live: Live, asking: Asking, row: int, source: str) -> str:
    """The liked item that it is most like, by content; else what its source stands for."""
    joint = live.space.joint
    liked = asking.liked[asking.liked < len(joint)]
    if source in ("model", "similar") and len(liked) and row < len(joint):
        likeness = joint[liked] @ joint[row]
        best = int(likeness.argmax())
        if likeness[best] >= ALIKE:
            return f"like {live.titles[int(liked[best])]}, which you chose"
    return PLAIN[source]

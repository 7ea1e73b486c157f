"""Events: their names, weights and signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tastemaker.data.receipt import Ledger

WEIGHTS: Mapping[str, float] = {
    "purchase": 5.0,
    "complete": 4.0,
    "cart": 4.0,
    "like": 3.0,
    "bookmark": 3.0,
    "comment": 3.0,
    "follow": 3.0,
    "share": 3.0,
    "play": 2.0,
    "click": 2.0,
    "view": 1.0,
    "rate": 1.0,
    "neutral": 0.0,
    "both": 0.0,
    "skip": 0.0,
    "undo": 0.0,
    "hide": -2.0,
    "dislike": -3.0,
    "report": -5.0,
}
"""Default weight of an event: 0 is neutral (seen, says nothing), below 0 is negative feedback."""

# Which words mean which event; the first line that has a word of the phrase decides, so that
# "review_purchase" is a purchase, "remove from cart" takes back and "not interested" hides.
_WORDS: tuple[tuple[str, str], ...] = (
    ("undo", "unlike unlikes unfollow remove removed delete deleted refund return returned cancel cancelled"),
    ("report", "report reported flag flagged spam abuse"),
    ("dislike", "dislike disliked dislikes downvote downvoted thumbsdown hate"),
    ("hide", "hide hidden hid block blocked mute notinterested uninterested dismiss dismissed"),
    ("neutral", "neutral impression shown exposure none"),
    ("both", "both mixed"),
    ("skip", "skip skipped"),
    ("purchase", "purchase purchased buy bought order ordered transaction payment paid sale checkout"),
    ("cart", "cart addtocart basket addtobasket"),
    ("complete", "complete completed finish finished completion"),
    (
        "bookmark",
        "bookmark bookmarked favorite favourite favorites favourites fav save saved wishlist addtowishlist",
    ),
    ("like", "like liked likes upvote upvoted thumbsup love loved heart"),
    ("comment", "comment commented comments reply replied review reviewed"),
    ("follow", "follow followed follows subscribe subscribed"),
    ("share", "share shared retweet repost"),
    ("play", "play played plays watch watched listen listened stream streamed"),
    ("click", "click clicked clicks tap clk"),
    ("view", "view viewed views pageview detail visit visited open opened read pv"),
    ("rate", "rate rated rating"),
)


def canonical(name: str) -> str:
    """The event that a word or phrase means, such as "comment" for ``COMMENT CREATED``; else the phrase itself."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.findall(r"[^\W_]+", spaced.lower())
    known = {*words, "".join(words), *("".join(pair) for pair in pairwise(words))}
    for event, meanings in _WORDS:
        if known & set(meanings.split()):
            return event
    return " ".join(words)


@dataclass(frozen=True)
class Events:
    """Kinds of events of one source.

    Attributes:
        names: The first is "" (no event given), the others sorted.
        weights: Beside them.
        kinds: For each name of the source its index into `names`.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    kinds: tuple[int, ...]


def understand(found: Sequence[str], given: Mapping[str, float], ledger: Ledger) -> Events:
    """Names and weights for the events that a source names; unknown ones weigh 1 and are told."""
    own = {_plain(name): weight for name, weight in given.items()}
    meant = [_plain(name) if _plain(name) in own else canonical(name) for name in found]
    names = ("", *sorted({name for name in meant if name}))
    unknown = [name for name in names[1:] if name not in WEIGHTS and name not in own]
    ledger.add("events without a known weight (they weigh 1)", "noted", len(unknown), unknown)
    for ours, theirs in zip(meant, found, strict=True):
        if ours != _plain(theirs):
            ledger.add("events under another name", "noted", 1, [f"{theirs!r} is {ours!r}"])
    weights = tuple(own.get(name, WEIGHTS.get(name, 1.0)) for name in names)
    return Events(names, weights, tuple(names.index(name) for name in meant))


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", name.lower()))

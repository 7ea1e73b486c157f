"""What reading and cleaning did: every rule with its hits, what came in, what stayed, what is covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from tastemaker.data.dataset import Clock

Action = Literal["dropped", "repaired", "flagged", "ignored", "noted"]
EXAMPLES = 5
LONGEST = 80  # characters of an example


@dataclass(frozen=True)
class Rule:
    """One rule of reading or cleaning and what it met.

    Attributes:
        name: What was wrong or worth telling.
        action: What was done: the row or value was dropped, repaired, flagged (kept), ignored or only noted.
        hits: How often.
        examples: Up to 5, such as ``row 12: 'u1'``.
    """

    name: str
    action: Action
    hits: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Rows, users and items before or after cleaning."""

    rows: int
    users: int
    items: int


@dataclass(frozen=True)
class Share:
    """Which part of the items, and of the interactions, has something; both in [0, 1]."""

    items: float
    interactions: float


@dataclass(frozen=True)
class EventCount:
    """One kind of event: its weight (0 is neutral, below 0 negative feedback) and how many rows stayed."""

    name: str
    weight: float
    rows: int


@dataclass(frozen=True)
class Receipt:
    """The receipt of one reading.

    Attributes:
        source: What was read.
        kind: Which form it was found to have, such as "data folder" or "MovieLens".
        columns: For each table our column names and theirs.
        before: Rows, users and items that came in; those of the users' and items' tables count too.
        after: The same of the cleaned data set.
        signs: Rows that stayed with positive, neutral and negative feedback.
        rules: Every rule that met something, in the order of the work.
        shares: Of "text", "image", "audio", "video", "attributes" and "vectors".
        attributes: For "users" and "items" the kind of each attribute.
        clock: "time", "positions" or "none".
        first: Time of the first interaction in seconds since 1970, or the first position; -1 unknown.
        last: The same of the last.
        events: Kinds of events with weights and rows.
        ratings: Lowest, middle and highest rating that stayed; None without ratings.
    """

    source: str
    kind: str
    columns: Mapping[str, Mapping[str, str]]
    before: Counts
    after: Counts
    signs: tuple[int, int, int]
    rules: tuple[Rule, ...]
    shares: Mapping[str, Share]
    attributes: Mapping[str, Mapping[str, str]]
    clock: Clock
    first: int
    last: int
    events: tuple[EventCount, ...]
    ratings: tuple[float, float, float] | None

    def rule(self, name: str) -> Rule | None:
        """The rule called `name`, or None where it met nothing."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def text(self) -> str:
        """Plain text for a terminal."""
        from tastemaker.data.receipt_text import text

        return text(self)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        values: dict[str, Any] = asdict(self)
        return values


def when(time: int, clock: Clock) -> str:
    """A time for people: a UTC date and time, ``position 3``, or ``unknown``."""
    if time < 0:
        return "unknown"
    if clock != "time":
        return f"position {time}"
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class Ledger:
    """Collects the rules of one reading, in the order of the work."""

    rules: dict[tuple[str, Action], Rule] = field(default_factory=dict)

    def add(self, name: str, action: Action, hits: int = 1, examples: Iterable[object] = ()) -> None:
        """Count `hits` of a rule; nothing is written for none."""
        if hits <= 0:
            return
        old = self.rules.get((name, action), Rule(name, action, 0))
        shown = [short(example) for example, _ in zip(examples, range(EXAMPLES), strict=False)]
        kept = (*old.examples, *shown)[:EXAMPLES]
        self.rules[name, action] = Rule(name, action, old.hits + hits, kept)


def short(value: object) -> str:
    """One line of at most 80 characters."""
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."

"""What was found, in the few lines that a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator

from tastemaker.learning.exploring.explored import Explored
from tastemaker.learning.exploring.groups import Clusters
from tastemaker.learning.exploring.languages import NAMES

FIRST = 8  # sentences of advice
LINES = 5


def summary(found: Explored) -> str:
    """The text; one thing a line."""
    blocks = (_head, _advice, _related, _groups, _rules, _trends)
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block(found))))


def _head(found: Explored) -> Iterator[str]:
    facts = found.facts
    yield f"{facts['items']:,} items, {facts['users']:,} users, {facts['interactions']:,} interactions"
    has = ", ".join(f"{name} {100 * share:.0f} %" for name, (share, _) in found.shares.items())
    yield f"items with: {has}" if has else "items have no content"
    top = 100 * found.items.top[1]
    yield f"popularity: Gini {found.items.gini:.2f}, the busiest 10 % take {top:.0f} % of the events"
    if found.texts.languages:
        said = ", ".join(f"{NAMES[name]} {count:,}" for name, count in list(found.texts.languages.items())[:LINES])
        yield f"languages: {said}"
    yield from found.notes


def _advice(found: Explored) -> Iterator[str]:
    if found.advice:
        yield "first:"
    for place, one in enumerate(found.advice[:FIRST], 1):
        yield f"{place:>2}. {one.kind}: {one.said}"


def _related(found: Explored) -> Iterator[str]:
    for one in found.relations[:LINES]:
        yield (
            f"{one.one} and {one.other}: {100 * one.overlap:.1f} % of the 10 nearest items are the same, "
            f"chance {100 * one.overlap_chance:.1f} %; CKA {one.cka:.2f}, chance {one.cka_chance:.2f}"
        )


def _groups(found: Explored) -> Iterator[str]:
    for what, groups in (("items", found.clusters), ("users", found.segments)):
        if groups is not None:
            yield f"{what} in {len(groups.groups)} groups by {groups.source}: {_named(groups)}"


def _named(found: Clusters) -> str:
    return "; ".join(f"{' '.join(g.name[:3]) or 'unnamed'} {100 * g.share:.0f} %" for g in found.groups)


def _rules(found: Explored) -> Iterator[str]:
    for rule in found.rules[:3]:
        first, then = found.data.title(rule.first), found.data.title(rule.then)
        yield (
            f"{100 * rule.confidence:.0f} % of those who like {first!r} like {then!r} "
            f"({rule.count:,} users, {rule.lift:.1f} times chance)"
        )


def _trends(found: Explored) -> Iterator[str]:
    for trend in found.category_trends[:LINES]:
        way = "rises" if trend.z > 0 else "falls"
        yield f"{trend.name} {way}: {100 * trend.early:.1f} % to {100 * trend.late:.1f} % of the events"

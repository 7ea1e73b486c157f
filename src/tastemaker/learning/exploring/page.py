"""What was found as one HTML page, in the look of the report pages, with the pictures it speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from tastemaker.evaluation import tables
from tastemaker.evaluation.page import folded, grid, page, section, tiles
from tastemaker.evaluation.svg import number, percent, tag, words
from tastemaker.learning.exploring import charts
from tastemaker.learning.exploring.cards import Cards
from tastemaker.learning.exploring.explored import Explored

TWINS = 12
BROKEN = 100
RULES = 25

ABOUT_TWINS = (
    "Texts are compared by the cosine of their TF-IDF vectors (0.85 and more), pictures by 128 bits of brighter and "
    "darker places (at most 10 differ) and their colours. Variants of one product are here, too: look before merging."
)
ABOUT_RELATIONS = (
    "Of the 10 items nearest by one source, the share that is among the 10 nearest by the other; chance is the same "
    "after shuffling. CKA compares all likenesses at once. A source that agrees with behaviour helps new items most."
)
ABOUT_SUSPECTS = (
    "Items whose picture (or sound) is unlike those of items with like texts, and whose text is unlike those of "
    "items with like pictures. Not all are wrong: an unusual cover is suspicious, too."
)
ABOUT_RULES = (
    "Ordered by the cautious lift, from the lower end of a 95 % interval of the confidence: how many times as many "
    "like the second item as do among all users."
)
ABOUT_TRENDS = (
    "Share of all events in 12 equal stretches of time; the last third against the first two. New items rise by "
    "themselves, and catalogues that were loaded in one go look like a trend."
)


def render(found: Explored) -> str:
    """The page as text; everything in it is escaped."""
    cards = Cards(found)
    parts = [
        *_head(found),
        *_todo(found),
        *section("What there is", [grid(charts.coverage(found))]),
        *section("Who has how much", [_few(found), grid(charts.tails(found))]),
        *section("Texts, pictures, sounds", [grid([*charts.texts(found), *charts.media(found)]), _broken(found)]),
        *section("There twice", _twins(found, cards)),
        *section("Text against picture or sound", _suspects(found, cards)),
        *section("What the sources say of each other", _relations(found)),
        *_groups(found, cards),
        *section("Who likes this likes that", _rules(found)),
        *section("What rises and falls", _trends(found)),
    ]
    return page(f"What is in {found.data.name}", "".join(parts))


def _head(found: Explored) -> Iterator[str]:
    yield tag("h1", words(f"What is in {found.data.name}"))
    for note in found.notes:
        yield tag("p", words(note), class_="soft")
    yield tiles((name, tables.shown(value)) for name, value in found.facts.items())


def _todo(found: Explored) -> Iterator[str]:
    lines = "".join(tag("li", tag("b", one.kind) + words(one.said)) for one in found.advice)
    yield from section("What to fix or collect first", [tag("ol", lines, class_="todo card")] if lines else [])


def _few(found: Explored) -> str:
    rows = [
        [
            tag("th", words(what), scope="row"),
            tag("td", f"{spread.n:,}"),
            *(tag("td", f"{count:,}") for count in spread.fewer.values()),
            tag("td", f"{spread.middle:g}"),
            tag("td", f"{spread.gini:.2f}"),
            tag("td", percent(spread.top[0])),
            tag("td", percent(spread.top[1])),
        ]
        for what, spread in (("items", found.items), ("users", found.users))
    ]
    fewer = ["none" if few == 1 else f"fewer than {few}" for few in found.items.fewer]
    return tables.table(
        ["events of", "number", *fewer, "middle", "Gini", "the busiest 1 % take", "the busiest 10 % take"], rows
    ) + tag("p", "")


def _broken(found: Explored) -> str:
    rows = [
        [
            tag("td", words(one.item)),
            tag("td", words(one.path), class_="left"),
            tag("td", words(one.reason), class_="left"),
        ]
        for one in found.media.broken[:BROKEN]
    ]
    title = f"Files that cannot be opened: {len(found.media.broken):,} of {found.media.tried:,}"
    return folded(title, tables.table(["item", "file", "reason"], rows, text=True)) if rows else ""


def _twins(found: Explored, cards: Cards) -> Iterator[str]:
    kinds = (("text", found.texts.twins), ("picture", found.picture_twins))
    drawn: set[tuple[int, ...]] = set()
    for what, groups in kinds:
        if groups:
            more = sum(len(group.items) - 1 for group in groups)
            new = [group for group in groups if group.items not in drawn]
            said = f"{more:,} items repeat the {what} of an earlier one, in {len(groups):,} groups"
            above = "" if len(new) == len(groups) else f"; {len(groups) - len(new):,} of them have the same text, too"
            yield tag("p", words(f"{said}{above}."))
            yield grid(cards.twins(what, group) for group in new[:TWINS])
            drawn |= {group.items for group in groups}
    if any(groups for _, groups in kinds):
        yield tag("p", words(ABOUT_TWINS), class_="note")


def _suspects(found: Explored, cards: Cards) -> Iterator[str]:
    for one in found.suspects:
        said = f"{len(one.items):,} of {one.compared:,} items: {one.other} against {one.one}. {ABOUT_SUSPECTS}"
        yield tag("p", words(said), class_="note")
        yield grid(cards.suspect(one, item) for item in one.items[:12])


def _relations(found: Explored) -> Iterator[str]:
    rows = [
        [
            tag("th", words(f"{one.one} and {one.other}"), scope="row"),
            tag("td", f"{one.items:,}"),
            tag("td", percent(one.overlap) + tag("small", words(f"chance {percent(one.overlap_chance)}"))),
            tag("td", number(one.cka) + tag("small", words(f"chance {number(one.cka_chance)}"))),
            tag("td", f"{one.p:.2f}"),
            tag("td", tag("b", "related" if one.related else "hardly", class_="good" if one.related else "soft")),
        ]
        for one in found.relations
    ]
    if rows:
        yield tables.table(["sources", "items", "same neighbours", "CKA", "p", ""], rows)
        yield tag("p", words(ABOUT_RELATIONS), class_="note")


def _groups(found: Explored, cards: Cards) -> Iterator[str]:
    if found.clusters is not None:
        said = f"By {found.clusters.source}; named by what stands out. Silhouette {found.clusters.fit:.2f}."
        parts = [tag("p", words(said), class_="note"), grid(map(cards.cluster, found.clusters.groups))]
        yield from section("Kinds of items", parts)
    if found.segments is not None:
        said = (
            f"Users by the mean {found.segments.source} vector of what they like; named by what they like more than "
            f"others do. Silhouette {found.segments.fit:.2f}."
        )
        parts = [tag("p", words(said), class_="note"), grid(map(cards.segment, found.segments.groups))]
        yield from section("Tastes of users", parts)


def _rules(found: Explored) -> Iterator[str]:
    title = found.data.title
    rows = [
        [
            tag("td", words(title(rule.first)), class_="left"),
            tag("td", words(title(rule.then)), class_="left"),
            tag("td", f"{rule.count:,}"),
            tag("td", percent(rule.support)),
            tag("td", percent(rule.confidence)),
            tag("td", f"{rule.lift:.1f}"),
            tag("td", f"{rule.surely:.1f}"),
        ]
        for rule in found.rules[:RULES]
    ]
    if rows:
        head = ["who likes", "likes", "users", "support", "confidence", "lift", "cautious lift"]
        yield tables.table(head, rows)
        yield tag("p", words(ABOUT_RULES), class_="note")


def _trends(found: Explored) -> Iterator[str]:
    drawn = grid(charts.trends(found))
    if drawn:
        yield drawn
        yield tag("p", words(ABOUT_TRENDS), class_="note")

"""All that was found in a data set, and the same as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tastemaker.data import Dataset
from tastemaker.learning.exploring.advice import Advice
from tastemaker.learning.exploring.groups import Clusters
from tastemaker.learning.exploring.media import Opened
from tastemaker.learning.exploring.relations import Mismatch, Relation
from tastemaker.learning.exploring.rules import Rule
from tastemaker.learning.exploring.tails import Tail
from tastemaker.learning.exploring.trends import Trend
from tastemaker.learning.exploring.twins import Group

FORMAT = 1
SHOWN = 50  # entries of a list in the JSON


@dataclass(frozen=True)
class Texts:
    """What the texts of the items are.

    Attributes:
        languages: Number of items by language code, most first.
        words: Number of words of each item that has a text.
        twins: Groups of items with (nearly) the same text.
    """

    languages: Mapping[str, int] = field(default_factory=dict)
    words: tuple[int, ...] = ()
    twins: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Suspects:
    """Items two of whose sources disagree: the names of the sources, the items, and of how many."""

    one: str
    other: str
    items: tuple[Mismatch, ...]
    compared: int


@dataclass(frozen=True)
class Explored:
    """What `explore` found.

    Attributes:
        data: What was looked at.
        facts: Numbers for the head of the page.
        shares: For each modality the shares of items and of events that have it.
        items: How events are spread over items.
        users: How they are spread over users.
        texts: Languages, lengths and twins.
        media: Pictures and sounds as they were opened.
        picture_twins: Groups of items with (nearly) the same picture.
        relations: Between every two sources.
        suspects: Items whose text and picture disagree.
        clusters: Of items.
        segments: Of users.
        rules: Between items.
        item_trends: Items that rise or fall.
        category_trends: Categories that do.
        notes: What was left out, such as by sampling.
        advice: What to fix or collect, the most pressing first.
    """

    data: Dataset
    facts: Mapping[str, Any]
    shares: Mapping[str, tuple[float, float]]
    items: Tail
    users: Tail
    texts: Texts = field(default_factory=Texts)
    media: Opened = field(default_factory=Opened)
    picture_twins: tuple[Group, ...] = ()
    relations: tuple[Relation, ...] = ()
    suspects: tuple[Suspects, ...] = ()
    clusters: Clusters | None = None
    segments: Clusters | None = None
    rules: tuple[Rule, ...] = ()
    item_trends: tuple[Trend, ...] = ()
    category_trends: tuple[Trend, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values with outside ids; lists hold at most 50 entries, numbers that are not finite become null."""
        ids, users = self.data.items.ids, self.data.users.ids
        made = {
            "kind": "explored",
            "format": FORMAT,
            "facts": self.facts,
            "advice": [asdict(one) for one in self.advice],
            "shares": {name: {"items": i, "interactions": x} for name, (i, x) in self.shares.items()},
            "items": asdict(self.items),
            "users": asdict(self.users),
            "languages": self.texts.languages,
            "text_twins": [_group(group, ids) for group in self.texts.twins[:SHOWN]],
            "picture_twins": [_group(group, ids) for group in self.picture_twins[:SHOWN]],
            "media": _media(self.media, ids),
            "relations": [asdict(one) for one in self.relations],
            "suspects": [_suspects(one, ids) for one in self.suspects],
            "clusters": self.clusters and _clusters(self.clusters, ids),
            "segments": self.segments and _clusters(self.segments, users),
            "rules": [{**asdict(r), "first": ids[r.first], "then": ids[r.then]} for r in self.rules[:SHOWN]],
            "item_trends": [{**asdict(t), "name": ids[int(t.name)]} for t in self.item_trends],
            "category_trends": [asdict(t) for t in self.category_trends],
            "notes": self.notes,
        }
        return {name: _plain(value) for name, value in made.items()}


def _group(group: Group, ids: Sequence[str]) -> dict[str, Any]:
    return {**asdict(group), "items": [ids[row] for row in group.items[:SHOWN]], "size": len(group.items)}


def _media(media: Opened, ids: Sequence[str]) -> dict[str, Any]:
    return {
        "opened": media.tried,
        "pictures": len(media.pictures),
        "sounds": len(media.sounds),
        "blank": [ids[p.item] for p in media.pictures if p.blank][:SHOWN],
        "silent": [ids[s.item] for s in media.sounds if s.silent][:SHOWN],
        "broken": [asdict(one) for one in media.broken[:SHOWN]],
    }


def _suspects(found: Suspects, ids: Sequence[str]) -> dict[str, Any]:
    items = [
        {"item": ids[m.item], "z": m.z, "shared": m.shared, "like": [ids[row] for row in m.like]}
        for m in found.items[:SHOWN]
    ]
    return {"one": found.one, "other": found.other, "compared": found.compared, "items": items}


def _clusters(found: Clusters, ids: Sequence[str]) -> dict[str, Any]:
    groups = [{**asdict(g), "members": [ids[row] for row in g.members]} for g in found.groups]
    return {"source": found.source, "fit": found.fit, "groups": groups}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value

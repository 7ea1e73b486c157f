"""Exploring a data set: everything in one pass, bounded in time and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from tastemaker.core import Run, component
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.data.shares import shares
from tastemaker.features.text.tfidf import tokens
from tastemaker.learning.exploring import relations as related
from tastemaker.learning.exploring.advice import advise
from tastemaker.learning.exploring.explored import Explored, Suspects, Texts
from tastemaker.learning.exploring.groups import Clusters, item_clusters, user_segments
from tastemaker.learning.exploring.languages import languages
from tastemaker.learning.exploring.media import first_pictures, opened
from tastemaker.learning.exploring.naming import categories, common, terms
from tastemaker.learning.exploring.rules import rules
from tastemaker.learning.exploring.sample import capped, files, thinned
from tastemaker.learning.exploring.tails import tail
from tastemaker.learning.exploring.trends import trends
from tastemaker.learning.exploring.twins import picture_twins, text_twins

ORDER = ("text", "image", "audio", "vectors", "attributes")
Encode = Callable[[Dataset], FeatureSet]


@component
class Bounds:
    """How much is looked at.

    Attributes:
        items: Items whose content is read, drawn at random.
        pictures: Picture files of these that are opened and encoded.
        sounds: The same of sounds; a network hears two a second.
    """

    items: Annotated[int, Ge(10)] = 3000
    pictures: Annotated[int, Ge(0)] = 3000
    sounds: Annotated[int, Ge(0)] = 500


@dataclass(frozen=True)
class _Looking:
    """What the steps share."""

    whole: Dataset
    data: Dataset  # the same with the content of the drawn items only
    texts: Sequence[str]
    run: Run


def explore(data: Dataset, encode: Encode, bounds: Bounds, run: Run) -> Explored:
    """Look at everything in `data`.

    Args:
        data: What is looked at.
        encode: Gives the vectors of a data set's items by encoder name.
        bounds: How much is looked at; what is left out stands in the notes.
        run: Seed and progress.
    """
    drawn = thinned(data, bounds.items, run.seed)
    thin = capped(drawn, {"image": bounds.pictures, "audio": bounds.sounds})
    looking = _Looking(data, thin, [_text(entry) for entry in thin.content.get("text", [()] * len(data.items))], run)
    found = _behaviour(looking)
    found = _content(found, looking)
    found = _vectors(found, looking, encode(thin))
    notes = (*_left_out(drawn, thin, bounds), *_compared(found))
    found = replace(found, notes=notes)
    return replace(found, advice=advise(found))


def _text(entry: Sequence[str]) -> str:
    """Title and text; a title that the text begins with is said once."""
    parts = list(dict.fromkeys(entry))
    return parts[1] if len(parts) == 2 and parts[1].startswith(parts[0]) else "\n".join(parts)


def _behaviour(looking: _Looking) -> Explored:
    data = looking.whole
    looking.run.say("looking at behaviour")
    counts = [
        np.bincount(column, minlength=n).astype(np.int64)
        for column, n in ((data.interactions.item, len(data.items)), (data.interactions.user, len(data.users)))
    ]
    named = categories(data)
    return Explored(
        data=data,
        facts=_facts(data, counts[0]),
        shares={name: (part.items, part.interactions) for name, part in shares(data).items() if part.items > 0},
        items=tail(counts[0]),
        users=tail(counts[1]),
        rules=tuple(rules(data)),
        item_trends=tuple(trends(data, [(row,) for row in range(len(data.items))])),
        category_trends=tuple(trends(data, common(named))),
    )


def _facts(data: Dataset, events: Any) -> dict[str, Any]:
    has = np.zeros(len(data.items), bool)
    for entries in data.content.values():
        has |= np.array([bool(entry) for entry in entries], bool)
    for column in data.item_attributes.values():
        has |= column.present
    for vectors in data.vectors.values():
        has |= vectors.present
    return {
        "items": len(data.items),
        "users": len(data.users),
        "interactions": len(data.interactions),
        "items without content or events": int((~has & (events == 0)).sum()),
    }


def _content(found: Explored, looking: _Looking) -> Explored:
    texts, run = looking.texts, looking.run
    run.say("looking at texts, pictures and sounds")
    media = opened(looking.data, run)
    return replace(
        found,
        texts=Texts(
            languages(texts),
            tuple(len(list(tokens(text))) for text in texts if text.strip()),
            tuple(text_twins(texts)),
        ),
        media=media,
        picture_twins=tuple(picture_twins(list(first_pictures(media.pictures).values()), len(looking.data.items))),
    )


def _vectors(found: Explored, looking: _Looking, features: FeatureSet) -> Explored:
    run = looking.run
    run.say("comparing the sources, grouping items and users")
    made = related.spaces(looking.data, features, run.seed)
    between = tuple(related.relations(made, run.seed))
    labels = terms(looking.data, looking.texts)
    content = _first(made, features)
    return replace(
        found,
        relations=between,
        suspects=tuple(_suspects(made, features, between, run.seed)),
        clusters=item_clusters(content, made[content], labels, run.seed) if content else None,
        segments=_segments(looking, made, content, labels),
    )


def _first(made: dict[str, Features], features: FeatureSet) -> str:
    """The encoder whose vectors group the items: a text encoder, else one of pictures, sounds, ...; "" without."""
    there = [name for name in features if name in made]
    return min(there, key=lambda name: ORDER.index(features[name].source), default="")


def _segments(
    looking: _Looking, made: dict[str, Features], content: str, labels: Sequence[Sequence[str]]
) -> Clusters | None:
    """By content where most likes have it, else by behaviour."""
    data = looking.data
    liked = data.liked_pairs % max(len(data.items), 1)
    known = bool(content) and len(liked) and made[content].present[liked].mean() > 0.5
    source = content if known else "behaviour"
    if source not in made:
        return None
    kinds = categories(looking.whole)
    named = kinds if sum(map(bool, kinds)) > 0.5 * len(kinds) else labels
    titled = [mine or (data.title(row),) for row, mine in enumerate(named)]
    return user_segments(source, made[source], data, titled, looking.run.seed)


def _suspects(
    made: dict[str, Features], features: FeatureSet, between: Sequence[related.Relation], seed: int
) -> list[Suspects]:
    """For text beside pictures and text beside sounds, where they are related at all."""
    found = []
    for relation in between:
        names = sorted(
            (name for name in (relation.one, relation.other) if name in features),
            key=lambda name: ORDER.index(features[name].source),
        )
        kinds = tuple(features[name].source for name in names)
        if kinds not in (("text", "image"), ("text", "audio")) or not relation.related:
            continue
        every = related.mismatches(made[names[0]], made[names[1]], seed=seed)
        bad = tuple(one for one in every if one.z < related.SUSPICIOUS)
        found.append(Suspects("text", {"image": "picture", "audio": "sound"}[kinds[1]], bad, len(every)))
    return found


def _left_out(drawn: Dataset, thin: Dataset, bounds: Bounds) -> Iterator[str]:
    n = len(drawn.items)
    if n > bounds.items:
        yield f"Content: {bounds.items:,} of {n:,} items, drawn at random (--items looks at more)."
    for kind in ("image", "audio"):
        if files(thin, kind) < files(drawn, kind):
            yield f"Files of kind {kind}: {files(thin, kind):,} of {files(drawn, kind):,} were opened and encoded."


def _compared(found: Explored) -> Iterator[str]:
    if len(found.data.liked_pairs) > related.PAIRS:
        yield f"Vectors of behaviour come from users with about {related.PAIRS:,} likes, drawn at random."
    if found.relations:
        yield f"Sources are compared over at most {related.MOST:,} items and {related.SHUFFLES} shufflings."

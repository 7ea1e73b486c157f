"""Items' texts, pictures and sound in one space, and what of it is like a text, a picture or a sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Features
from tastemaker.features.joint.conse import Names, Rows, unit
from tastemaker.features.joint.pairs import Pairs

PAIRED = 0.6  # weight of what pairs tell, beside 1 within one source: what crosses from one to another is less sure
NAMED = 0.3  # weight of names of what is recognised
Scores = NDArray[np.float32]


class Asked(NamedTuple):
    """What is looked for.

    Attributes:
        source: "text", "image" or "audio".
        vector: As its encoder gives it, (d,).
        chances: Of the classes that are recognised in it, (classes,); None for a text.
    """

    source: str
    vector: Rows
    chances: Rows | None = None


@dataclass(frozen=True)
class Space:
    """Scores of all items for a query of any source, from their content in any source.

    Within one source the score is the cosine, centred. Between text and another source it is the cosine in the
    space of `pairs`, and that of `names`, each of variance 1 over the items, weighed and added; between pictures and
    sound that of names. With `joint` all vectors are of one space already, and cosines are all there is.

    Attributes:
        own: Vectors of the items by source.
        names: Classes that the encoder of a source recognises, among texts.
        named: Items by the names of what is recognised in them, by source.
        pairs: What items with a text and a content of the source have taught.
        joint: Whether the encoders share one space, such as CLIP's.
    """

    own: Mapping[str, Features]
    names: Mapping[str, Names]
    named: Mapping[str, Features]
    pairs: Mapping[str, Pairs]
    joint: bool = False

    @classmethod
    def learn(
        cls,
        own: Mapping[str, Features],
        names: Mapping[str, Names] | None = None,
        chances: Mapping[str, Rows] | None = None,
        *,
        among: NDArray[np.bool_] | None = None,
        joint: bool = False,
    ) -> Space:
        """Place the items, and learn from those that have a text and something else.

        Args:
            own: Vectors by source.
            names: Of the classes of a source's encoder, by source.
            chances: Of these classes for each item, (n_items, classes), by source.
            among: Items that may be learned from, (n_items,); None: all.
            joint: Whether the vectors are of one space.
        """
        if joint:
            return cls(own, {}, {}, {}, joint=True)
        names, chances = names or {}, chances or {}
        named = {s: Features(own[s].source, names[s].place(chances[s]), own[s].present) for s in names if s in own}
        pairs = {}
        for source in own:
            if source == "text" or "text" not in own:
                continue
            both = own["text"].present & own[source].present & (True if among is None else among)
            found = Pairs.learn(own["text"].vectors[both], own[source].vectors[both])
            if found is not None:
                pairs[source] = found
        return cls(own, names, named, pairs)

    def scores(self, asked: Asked) -> dict[str, Scores]:
        """Scores of the items by each source that they have, (n_items,); nan where an item has none of it."""
        return {source: self.between(asked, source) for source in self.own}

    def between(self, asked: Asked, source: str) -> Scores:
        """The same by one source; nan everywhere where nothing joins the two."""
        there = self.own[source].present
        opinions = [(weight, found) for weight, found in self._opinions(asked, source) if found is not None]
        out = np.full(len(there), np.nan, np.float32)
        if opinions and there.any():
            out[there] = sum(weight * _even(found[there]) for weight, found in opinions)
        return out

    def learned(self, asked: Asked, source: str) -> Scores | None:
        """Cosines in the space that pairs have taught, (n_items,); None where there is none."""
        media = source if asked.source == "text" else asked.source
        if {asked.source, source} != {"text", media} or media not in self.pairs:
            return None
        mine = int(asked.source != "text")
        return _cosines(self._placed[media][1 - mine], self.pairs[media].place(asked.vector[None], mine)[0])

    def by_names(self, asked: Asked, source: str) -> Scores | None:
        """Cosines among texts of what is recognised, (n_items,); None where nothing is."""
        query = asked.vector if asked.source == "text" else self._named(asked)
        items = self.own["text"] if source == "text" and "text" in self.own else self.named.get(source)
        if query is None or items is None or items.dim != len(query):
            return None
        return _cosines(items.vectors, query)

    def _opinions(self, asked: Asked, source: str) -> list[tuple[float, Scores | None]]:
        if self.joint:
            return [(1.0, _cosines(self.own[source].vectors, asked.vector))]
        if asked.source == source:
            found = self.own[source]
            mean = found.vectors[found.present].mean(axis=0) if found.present.any() else np.float32(0)
            return [(1.0, _cosines(found.vectors - mean, asked.vector - mean))]
        return [(PAIRED, self.learned(asked, source)), (NAMED, self.by_names(asked, source))]

    @cached_property
    def _placed(self) -> Mapping[str, tuple[Rows, Rows]]:
        """Where texts and contents of a source stand in the space of their pairs, by source."""
        return {
            source: (pairs.place(self.own["text"].vectors, 0), pairs.place(self.own[source].vectors, 1))
            for source, pairs in self.pairs.items()
        }

    def _named(self, asked: Asked) -> Rows | None:
        if asked.chances is None or asked.source not in self.names:
            return None
        placed: Rows = self.names[asked.source].place(asked.chances[None])[0]
        return placed


def together(scores: Mapping[str, Scores]) -> tuple[Scores, list[str]]:
    """Mean of what the sources say of each item, (n_items,), nan where none does; and which says most for it."""
    every = np.array(list(scores.values()))
    heard = np.isfinite(every)
    count = heard.sum(axis=0)
    total = np.where(heard, every, 0).sum(axis=0) / np.maximum(count, 1)
    best = np.where(heard, every, -np.inf).argmax(axis=0)
    names = list(scores)
    return np.where(count > 0, total, np.nan).astype(np.float32), [names[n] for n in best]


def _cosines(items: NDArray[np.floating], query: NDArray[np.floating]) -> Scores:
    return np.asarray(unit(items) @ unit(query[None])[0], np.float32)


def _even(scores: Scores) -> Scores:
    """Of mean 0 and deviation 1."""
    spread = float(scores.std())
    return np.asarray((scores - scores.mean()) / (spread if spread > 1e-9 else 1.0), np.float32)

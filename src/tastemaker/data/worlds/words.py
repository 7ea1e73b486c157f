"""Titles, descriptions and reviews: topics are themes of natural sentences, never labels.

The words and sentence patterns are in ``words.json``. Eight topics with a vocabulary each make the hidden classes;
four "plain" ones (delivery, warranty, packing, measures) are the boilerplate of items that their picture tells;
these name a theme in passing, which says nothing of taste.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import generator
from tastemaker.data.worlds.settings import WorldSettings
from tastemaker.data.worlds.tastes import Tastes

_SLOT = re.compile(r"\{(\w+)\}")
_FIELDS = {"thing": "things", "act": "acts", "people": "people", "place": "places"}
_SHARED = {"quality": "qualities", "number": "numbers"}


class Writer:
    """Writes about the topics of one world's items; equal seeds write equal words."""

    def __init__(self, settings: WorldSettings, tastes: Tastes) -> None:
        rng = generator(settings.seed, "world language")
        self._settings = settings
        self._chinese = rng.random(settings.items) < settings.chinese
        self._topic = tastes.kinds["text"]
        self._plain = tastes.told == 1

    def titles(self) -> list[str]:
        """One title an item, all different."""
        rng, seen, titles = generator(self._settings.seed, "world titles"), set[str](), list[str]()
        for item in range(self._settings.items):
            # With many items the patterns run out of new titles: then a number follows, as in a series.
            drawn = (self._line(rng, item, "titles") for _ in range(20))
            title = next((t for t in drawn if t not in seen), f"{self._line(rng, item, 'titles')} ({item + 1})")
            seen.add(title)
            titles.append(title)
        return titles

    def descriptions(self) -> list[str]:
        """A text of three to five sentences an item, "" where it is missing."""
        rng = generator(self._settings.seed, "world descriptions")
        texts = [self._description(rng, item) for item in range(self._settings.items)]
        missing = rng.random(len(texts)) < self._settings.text_missing
        return ["" if gone else text for text, gone in zip(texts, missing, strict=True)]

    def reviews(self, items: NDArray[np.int64], felt: NDArray[np.float64]) -> list[str]:
        """A review of one or two sentences for each item row, kind or not as `felt` is above 0 or not."""
        rng = generator(self._settings.seed, "world reviews")
        return [self._review(rng, int(item), value > 0) for item, value in zip(items, felt, strict=True)]

    def _description(self, rng: np.random.Generator, item: int) -> str:
        middle = ["middles"] * int(rng.integers(1, 4))
        facts = ["plain_facts"] * (len(middle) + 1) if self._plain[item] else []
        lines = [self._line(rng, item, part) for part in facts or ["opens", *middle, "ends"]]
        if self._plain[item]:  # a theme in passing, as a print on a bag has one
            lines.append(self._line(rng, item, "middles", plain=False))
        return ("" if self._chinese[item] else " ").join(dict.fromkeys(lines))

    def _review(self, rng: np.random.Generator, item: int, kind: bool) -> str:
        lines = [self._line(rng, item, "praise" if kind else "blame") for _ in range(int(rng.integers(1, 3)))]
        return ("" if self._chinese[item] else " ").join(dict.fromkeys(lines))

    def _line(self, rng: np.random.Generator, item: int, part: str, *, plain: bool = True) -> str:
        language = _words()["zh" if self._chinese[item] else "en"]
        topics = language["plain" if plain and self._plain[item] else "topics"]
        return _filled(_pick(rng, language[part]), topics[self._topic[item] % len(topics)], language, rng)


def _filled(pattern: str, topic: Mapping[str, Any], language: Mapping[str, Any], rng: np.random.Generator) -> str:
    """The pattern with words of the topic; a word comes once a sentence, a slot with a capital gets one."""
    used: set[str] = set()

    def word(match: re.Match[str]) -> str:
        slot = match[1].lower()
        choice = topic[_FIELDS[slot]] if slot in _FIELDS else language[_SHARED[slot]]
        chosen = _pick(rng, [w for w in choice if w not in used])
        used.add(chosen)
        return chosen[0].upper() + chosen[1:] if match[1][0].isupper() else chosen

    return re.sub(r"\ba (?=[aeiou])", "an ", _SLOT.sub(word, pattern))


def _pick(rng: np.random.Generator, choice: Sequence[str]) -> str:
    return choice[int(rng.integers(len(choice)))]


@cache
def _words() -> Mapping[str, Any]:
    text = (files("tastemaker.data.worlds") / "words.json").read_text("utf-8")
    words: Mapping[str, Any] = json.loads(text)
    return words

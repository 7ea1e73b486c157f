"""Names of groups: the words and categories that a group has more of than the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Dataset
from tastemaker.features.text.tfidf import HAN, tokens
from tastemaker.learning.exploring.languages import small_words

WORDS = 400  # words of a text that are read
RARE = 3  # items that must have a term
PRIOR = 100.0  # terms that the prior weighs as much as
COMMON = 0.6  # share of the items from which on a term tells nothing


def categories(data: Dataset) -> list[tuple[str, ...]]:
    """The categories of each item, from all its category columns."""
    columns = [c.values for _, c in sorted(data.item_attributes.items()) if c.kind == "category"]
    return [
        tuple(dict.fromkeys(part.strip() for column in columns for part in column[row].split("|") if part.strip()))
        for row in range(len(data.items))
    ]


def common(labels: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The same without categories of hardly any items (one in 200, at least 5)."""
    counts = Counter(label for mine in labels for label in mine)
    least = max(5, len(labels) // 200)
    return [tuple(label for label in mine if counts[label] >= least) for mine in labels]


def terms(data: Dataset, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Categories and telling words of each item, each once; a word that is a category, too, is left out."""
    found = []
    for mine, text in zip(categories(data), texts, strict=True):
        said = dict.fromkeys(mine)
        known = {part.casefold() for part in mine}
        for word in _words(text):
            if not word.isdigit() and word not in known and word not in _small():
                said[word] = None
        found.append(tuple(said))
    return found


def _words(text: str) -> Iterator[str]:
    """Words of three letters and more; pairs of characters where a script has no spaces."""
    every = list(tokens(text))[:WORDS]
    yield from (word for word in every if len(word) > 2)
    yield from (a + b for a, b in pairwise(every) if HAN.match(a) and HAN.match(b))


@cache
def _small() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return small_words() | frozenset(ENGLISH_STOP_WORDS)


class Namer:
    """Says what groups of rows have more of than the other rows.

    Source: Monroe, Colaresi & Quinn 2008, "Fightin' Words", eq. 15-22: log-odds with a prior from all rows, in its
    standard deviations.

    Args:
        labels: Terms of each row.
    """

    def __init__(self, labels: Sequence[Sequence[str]]) -> None:
        from scipy.sparse import csr_array

        place: dict[str, int] = {}
        rows = [[place.setdefault(term, len(place)) for term in mine] for mine in labels]
        start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        flat = np.array([term for row in rows for term in row], np.int64)
        shape = (len(labels), max(len(place), 1))
        self._table: Any = csr_array((np.ones(len(flat)), flat, start), shape)
        self._terms = list(place)
        self._counts = np.asarray(self._table.sum(axis=0)).ravel()
        self._able = (self._counts >= RARE) & (self._counts <= COMMON * len(labels))

    def name(self, inside: NDArray[np.bool_], most: int = 4) -> tuple[str, ...]:
        """Up to `most` terms that the rows `inside`, shape (rows,), have more of than the others."""
        return self.contrast(inside.astype(np.float64), 1.0 - inside, most)

    def contrast(self, mine: NDArray[Any], others: NDArray[Any], most: int = 4) -> tuple[str, ...]:
        """Up to `most` terms that stand out, the strongest first.

        Args:
            mine: How often the group takes each row, shape (rows,).
            others: How often the others do.
            most: Number of terms.
        """
        if not self._terms:
            return ()
        inside, outside = (np.asarray(self._table.T @ counts).ravel() for counts in (mine, others))
        z = np.where(self._able, _log_odds(inside, outside), -np.inf)
        order = np.argsort(-z, kind="stable")[:most]
        return tuple(self._terms[at] for at in order if z[at] > 2)


def _log_odds(inside: NDArray[Any], outside: NDArray[Any]) -> NDArray[np.float64]:
    both = inside + outside
    prior = PRIOR * both / max(float(both.sum()), 1.0) + 1e-3
    a, b = inside + prior, outside + prior
    odds = np.log(a / np.maximum(a.sum() - a, 1e-9)) - np.log(b / np.maximum(b.sum() - b, 1e-9))
    z: NDArray[np.float64] = odds / np.sqrt(1 / a + 1 / b)
    return z

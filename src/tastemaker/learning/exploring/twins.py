"""Items that are there twice: equal and nearly equal texts, equal and nearly equal pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.text.tfidf import tokens
from tastemaker.learning.exploring.media import Picture

ALIKE = 0.85  # cosine of TF-IDF vectors of texts that say nearly the same
WORDS = 4  # different words from which on texts are compared
BITS = 10  # of 128 that may differ between pictures that are nearly the same
APART = 4.0  # mean difference of 8-bit colours that such pictures may have, at 16 x 16
BLOCK = 512
TERMS = 100_000


@dataclass(frozen=True)
class Group:
    """Items that are nearly the same.

    Attributes:
        items: Their rows, ascending.
        exact: Whether all are the same, not only alike.
        likeness: Least likeness of a pair that binds them, in [0, 1].
    """

    items: tuple[int, ...]
    exact: bool
    likeness: float


def text_twins(texts: Sequence[str]) -> list[Group]:
    """Groups of items whose texts are the same or nearly so, largest first.

    Texts are compared by the cosine of their TF-IDF vectors over words and pairs of words; those of fewer than 4
    different words only with equal ones.

    Args:
        texts: One an item, "" without.
    """
    words = [tuple(tokens(text)) for text in texts]
    same = [(a, b, 1.0) for a, b in _equal(words)]
    firsts = sorted(
        {words[row]: row for row in range(len(words) - 1, -1, -1) if len(set(words[row])) >= WORDS}.values()
    )
    if len(firsts) > 1:
        near = _alike([" ".join(words[row]) for row in firsts])
        same += [(firsts[a], firsts[b], likeness) for a, b, likeness in near]
    return _groups(same, len(texts), [words[row] for row in range(len(words))])


def _equal(keys: Sequence[object]) -> Iterator[tuple[int, int]]:
    first: dict[object, int] = {}
    for row, key in enumerate(keys):
        if key:
            if key in first:
                yield first[key], row
            first.setdefault(key, row)


def _alike(texts: list[str]) -> Iterator[tuple[int, int, float]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True, max_features=TERMS
    )
    X = made.fit_transform(texts).astype(np.float32)
    other = X.T.tocsc()
    for start in range(0, len(texts), BLOCK):
        found = (X[start : start + BLOCK] @ other).tocoo()
        near = (found.data >= ALIKE) & (found.row + start < found.col)
        yield from zip(
            (found.row[near] + start).tolist(), found.col[near].tolist(), found.data[near].tolist(), strict=True
        )


def picture_twins(pictures: Sequence[Picture], n: int) -> list[Group]:
    """Groups of different items whose pictures are the same or nearly so, largest first; blank ones are left out.

    Pictures are compared by 128 bits that say where they grow brighter to the right and downwards (dHash, Krawetz
    2013), and what is alike by these also by the mean difference of their colours at 16 x 16.

    Args:
        pictures: Of the items.
        n: Number of items.
    """
    shown = [picture for picture in pictures if not picture.blank]
    if len(shown) < 2:
        return []
    bits = np.array([hashed(picture.pixels) for picture in shown], np.float32) * 2 - 1
    small = np.array([_small(picture.pixels, 16, 16, "RGB").ravel() for picture in shown])
    pairs = [
        (shown[a].item, shown[b].item, 1 - float(apart) / 255)
        for a, b in _near(bits)
        if shown[a].item != shown[b].item and (apart := np.abs(small[a] - small[b]).mean()) <= APART
    ]
    first = {picture.item: picture.pixels.tobytes() for picture in reversed(shown)}
    return _groups(pairs, n, [first.get(row) for row in range(n)])


def _near(bits: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    for start in range(0, len(bits), BLOCK):
        apart = (bits.shape[1] - bits[start : start + BLOCK] @ bits.T) / 2
        for a, b in np.argwhere(apart <= BITS).tolist():
            if start + a < b:
                yield start + a, b


def hashed(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The 128 bits of a picture: brighter than the left neighbour at 8 x 8 places, and than the upper one."""
    across, down = _small(pixels, 9, 8), _small(pixels, 8, 9)
    return np.concatenate([(np.diff(across, axis=1) > 0).ravel(), (np.diff(down, axis=0) > 0).ravel()])


def _small(pixels: NDArray[np.uint8], width: int, height: int, mode: str = "L") -> NDArray[np.float64]:
    from PIL import Image

    image = Image.fromarray(pixels).convert(mode).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, np.float64)


def _groups(pairs: Iterable[tuple[int, int, float]], n: int, keys: Sequence[object]) -> list[Group]:
    """Connected items, largest group first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found = list(pairs)
    if not found:
        return []
    a, b, likeness = (np.array(column) for column in zip(*found, strict=True))
    _, label = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    least: dict[int, float] = {}
    for row, value in zip(label[a].tolist(), likeness.tolist(), strict=True):
        least[row] = min(value, least.get(row, 1.0))
    members: dict[int, list[int]] = {name: [] for name in least}
    for row, name in enumerate(label.tolist()):
        if name in members:
            members[name].append(row)
    groups = [
        Group(tuple(rows), len({keys[row] for row in rows}) == 1, round(least[name], 4))
        for name, rows in members.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.items), group.items))

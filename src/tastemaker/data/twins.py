"""Items that are nearly the same: equal titles with nearly equal texts, or equal long texts."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tastemaker.data.dataset import Dataset
from tastemaker.data.receipt import Ledger

LONG = 8  # words from which on equal texts mean equal items, whatever their titles
ALIKE = 0.8  # Jaccard similarity of the words of two texts
LARGEST = 50  # items of one title that are compared pair by pair
_WORD = re.compile(r"[^\W_]+")
_ASCII = bytes(ord(c.lower()) if c.isalnum() else ord(" ") for c in map(chr, range(128))) + bytes(range(128, 256))


def flag_twins(data: Dataset, ledger: Ledger) -> None:
    """Tell `ledger` of items that are nearly the same as an earlier one; nothing is changed."""
    n, ids = len(data.items), data.items.ids
    titles: Sequence[str] = data.titles or ("",) * n
    entries = data.content.get("text") or [()] * n
    bodies = (entry[-1] if len(entry) > bool(title) else "" for title, entry in zip(titles, entries, strict=True))
    words = [_words(body) for body in bodies]
    found: dict[int, int] = {}
    for item, twin in [*_same_title(titles, words), *_same_text(words)]:
        found.setdefault(item, twin)
    shown = (f"{ids[item]!r} and {ids[twin]!r}: {titles[item]}" for item, twin in list(found.items())[:5])
    ledger.add("items that are nearly the same as an earlier one", "flagged", len(found), shown)


def _words(text: str) -> bytes:
    """Words in lower case with a blank between; plain English is far quicker by a table than by a pattern."""
    if text.isascii():
        return b" ".join(text.encode().translate(_ASCII).split())
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold())).encode("utf-8", "surrogatepass")


def _groups(keys: Iterable[bytes]) -> Iterator[list[int]]:
    groups: dict[bytes, list[int]] = defaultdict(list)
    for item, key in enumerate(keys):
        if key:
            groups[key].append(item)
    return (items for items in groups.values() if len(items) > 1)


def _same_title(titles: Sequence[str], words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    for items in _groups(_words(title) for title in titles):
        for place, item in enumerate(items[:LARGEST]):
            twin = next((other for other in items[:place] if _alike(words[item], words[other])), None)
            if twin is not None:
                yield item, twin


def _same_text(words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    for items in _groups(text if text.count(b" ") >= LONG - 1 else b"" for text in words):
        for item in items[1:]:
            yield item, items[0]


def _alike(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    a, b = set(one.split()), set(other.split())
    return len(a & b) >= ALIKE * len(a | b)

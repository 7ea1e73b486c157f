"""Vectors by content hash: from the cache, else encoded now and kept at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.media_file import decoding
from tastemaker.features.rows import Known, Rows

K = TypeVar("K", bound=Known)

BATCH = {"text": 64, "image": 32, "audio": 8, "video": 4}  # entries given to an encoder at once
FLUSH = 2.0  # seconds after which what was made is on disk
MOST = 4096  # vectors that may wait for it


class Filled(NamedTuple):
    """Vectors by content hash, how many were encoded now, and the contents whose vectors are no numbers."""

    vectors: Rows
    fresh: int
    useless: frozenset[str] = frozenset()


def space(encoder: Encoder) -> str:
    """Key of the cache: changes whenever the vectors of the same bytes would."""
    mark = encoder.fingerprint()
    return mark if encoder.source == "text" else f"{mark}/{decoding(encoder.source)}"


def fill(encoder: Encoder, entries: Mapping[str, Any], cache: FeatureCache, run: Run) -> Filled:
    """Vectors of decoded entries by content hash: those of the cache, the rest encoded."""
    rows = known(encoder, Rows(entries, cache.folder), cache)
    rest = sorted(rows.lacking(), key=lambda key: len(entries[key]))  # texts of like length make even batches
    if not rest:
        return Filled(rows, 0)
    return encode_all(encoder, ((key, entries[key]) for key in run.progress(rest, encoder.name)), (rows, cache))


def known(encoder: Encoder, rows: K, cache: FeatureCache) -> K:
    """`rows` with the vectors that the cache has, all of the width that most have."""
    for found in cache.get(space(encoder), rows.keys):
        rows.put(found)
    rows.settle()
    return rows


def encode_all(encoder: Encoder, pairs: Iterable[tuple[str, Any]], into: tuple[Rows, FeatureCache]) -> Filled:
    """Encode (hash, entry) pairs in batches; every few seconds, and at the end, what was made is kept on disk."""
    rows, cache = into
    waiting: dict[str, NDArray[np.float32]] = {}
    useless: set[str] = set()
    mark, start, before = space(encoder), time.monotonic(), len(rows)
    try:
        for batch in _batches(pairs, BATCH[encoder.source]):
            made = np.asarray(encoder.encode([entry for _, entry in batch]), np.float32)
            found = {key: row for (key, _), row in zip(batch, made, strict=True)}
            useless |= {key for key, row in found.items() if not np.isfinite(row).all()}
            waiting |= {key: row for key, row in found.items() if key not in useless}
            if time.monotonic() - start > FLUSH or len(waiting) >= MOST:
                cache.put(mark, waiting)
                rows.put(waiting)
                waiting, start = {}, time.monotonic()
    finally:
        if waiting:
            cache.put(mark, waiting)
            rows.put(waiting)
    return Filled(rows, len(rows) - before, frozenset(useless))


def _batches(pairs: Iterable[tuple[str, Any]], size: int) -> Iterator[list[tuple[str, Any]]]:
    rest = iter(pairs)
    while batch := list(islice(rest, size)):
        yield batch

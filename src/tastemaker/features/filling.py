"""Vectors by content hash: from the cache, else encoded now and kept at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.media_file import decoding

BATCH = {"text": 64, "image": 32, "audio": 8, "video": 4}  # entries given to an encoder at once
FLUSH = 2.0  # seconds after which what was made is on disk

Vectors = dict[str, NDArray[np.float32]]


class Filled(NamedTuple):
    """Vectors by content hash, how many were encoded now, and the contents whose vectors are no numbers."""

    vectors: Vectors
    fresh: int
    useless: frozenset[str] = frozenset()


def space(encoder: Encoder) -> str:
    """Key of the cache: changes whenever the vectors of the same bytes would."""
    mark = encoder.fingerprint()
    return mark if encoder.source == "text" else f"{mark}/{decoding(encoder.source)}"


def fill(encoder: Encoder, entries: Mapping[str, Any], cache: FeatureCache, run: Run) -> Filled:
    """Vectors of decoded entries by content hash: those of the cache, the rest encoded."""
    vectors = known(encoder, entries, cache)
    rest = {key: entry for key, entry in entries.items() if key not in vectors}
    if not rest:
        return Filled(vectors, 0)
    order = sorted(rest, key=lambda key: len(rest[key]))  # texts of like length make even batches
    made = encode_all(encoder, ((key, rest[key]) for key in order), len(rest), cache, run)
    return Filled(vectors | made.vectors, made.fresh, made.useless)


def known(encoder: Encoder, contents: Iterable[str], cache: FeatureCache) -> Vectors:
    """Vectors that the cache has, all of the width that most have."""
    vectors = cache.get(space(encoder), contents)
    widths, counts = np.unique([len(v) for v in vectors.values()], return_counts=True)
    if len(widths) <= 1:
        return vectors
    usual = int(widths[counts.argmax()])
    return {key: v for key, v in vectors.items() if len(v) == usual}


def encode_all(encoder: Encoder, pairs: Iterable[tuple[str, Any]], total: int, cache: FeatureCache, run: Run) -> Filled:
    """Encode (hash, entry) pairs in batches; every few seconds, and at the end, what was made is kept on disk."""
    made: Vectors = {}
    waiting: Vectors = {}
    useless: set[str] = set()
    mark, start = space(encoder), time.monotonic()
    try:
        for batch in _batches(run.progress(pairs, encoder.name, total), BATCH[encoder.source]):
            rows = np.asarray(encoder.encode([entry for _, entry in batch]), np.float32)
            found = {key: row for (key, _), row in zip(batch, rows, strict=True)}
            useless |= {key for key, row in found.items() if not np.isfinite(row).all()}
            waiting |= {key: row for key, row in found.items() if key not in useless}
            if time.monotonic() - start > FLUSH:
                cache.put(mark, waiting)
                made |= waiting
                waiting, start = {}, time.monotonic()
    finally:
        if waiting:
            cache.put(mark, waiting)
    return Filled(made | waiting, len(made) + len(waiting), frozenset(useless))


def _batches(pairs: Iterable[tuple[str, Any]], size: int) -> Iterator[list[tuple[str, Any]]]:
    rest = iter(pairs)
    while batch := list(islice(rest, size)):
        yield batch

"""Vectors by content hash: from the cache, else encoded now and kept at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache

BATCH = 64  # entries given to an encoder at once
FLUSH = 5.0  # seconds after which what was made is on disk

Vectors = dict[str, NDArray[np.float32]]


def fill(encoder: Encoder, entries: Mapping[str, Any], cache: FeatureCache, run: Run) -> tuple[Vectors, int]:
    """Vectors of decoded entries by content hash, and how many were encoded now."""
    mark = encoder.fingerprint()
    vectors = cache.get(mark, entries)
    rest = {key: entry for key, entry in entries.items() if key not in vectors}
    if not rest:
        return vectors, 0
    order = sorted(rest, key=lambda key: len(rest[key]))  # texts of like length make even batches
    vectors |= encode_all(encoder, ((key, rest[key]) for key in order), len(rest), cache, run)
    return vectors, len(rest)


def encode_all(
    encoder: Encoder, pairs: Iterable[tuple[str, Any]], total: int, cache: FeatureCache, run: Run
) -> Vectors:
    """Encode (hash, entry) pairs in batches; every few seconds what was made is kept on disk."""
    mark, made, fresh = encoder.fingerprint(), {}, {}
    start = time.monotonic()
    try:
        for batch in _batches(run.progress(pairs, encoder.name, total)):
            encoded = encoder.encode([entry for _, entry in batch])
            fresh |= {key: row for (key, _), row in zip(batch, encoded, strict=True)}
            if time.monotonic() - start > FLUSH:
                cache.put(mark, fresh)
                made |= fresh
                fresh, start = {}, time.monotonic()
    finally:
        if fresh:
            cache.put(mark, fresh)
    return made | fresh


def _batches(pairs: Iterable[tuple[str, Any]]) -> Iterable[list[tuple[str, Any]]]:
    batch: list[tuple[str, Any]] = []
    for pair in pairs:
        batch.append(pair)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

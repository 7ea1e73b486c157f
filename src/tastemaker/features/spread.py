"""Encoding a data set by an executor: the vectors lie in the cache as if they had been made here."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

from tastemaker.compute.base import Executor
from tastemaker.compute.local import LocalExecutor
from tastemaker.core import PartFailed, Run, ServiceError, spec_of
from tastemaker.data import Dataset
from tastemaker.data.remote.cloud import bring
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import check
from tastemaker.features.files import Broken
from tastemaker.features.filling import known, space
from tastemaker.features.partition import Encode, Keys, Part, cut
from tastemaker.features.rows import Known
from tastemaker.features.stock import Media, Stock, Texts

TABLES = ("attributes", "vectors")  # sources that are read, not encoded


@runtime_checkable
class Asks(Protocol):
    """An encoder that pays for what it asks a service."""

    max_cost: float


@dataclass(frozen=True)
class Spread:
    """What became of one encoder.

    Attributes:
        counts: Different contents "encoded" now and "cached" from before, items "missing" (broken ones among them) and
            files "broken".
        parts: Parts that were encoded now.
        seconds: Time it took.
        broken: What could not be taken, with the reason.
    """

    counts: Mapping[str, int]
    parts: int
    seconds: float
    broken: tuple[Broken, ...]


def spread(data: Dataset, encoder: Encoder, executor: Executor, *, cache: FeatureCache, run: Run) -> Spread:
    """Encode every item's content that the cache lacks; each part is in the cache as soon as it is finished.

    An encoder that asks a service is asked from this process only, so that its caps on tokens and cost hold.

    Args:
        data: Whose items.
        encoder: A component of the catalog that reads content, so no table.
        executor: Where it runs; the vectors do not depend on it.
        cache: Where vectors are kept.
        run: Progress.

    Raises:
        DataError: The encoder wants something that `data` does not have.
        ServiceError: A part failed three times; what other parts gave is kept.
    """
    start = time.monotonic()
    check(data, encoder)
    stock = _stock(data, encoder, cache, run)
    before = known(encoder, Known(stock.sizes), cache)
    lacking = set(before.lacking())
    parts = _only(lacking, cut(stock.sizes, str(encoder.source))) if lacking else []
    made, broken = _encode(_Job(encoder, stock, cache, run), executor, parts) if parts else (set(), {})
    for key, reason in sorted(broken.items()):
        stock.fail(key, reason)
    counts = {
        "encoded": len(made),
        "cached": len(before),
        "missing": sum(map((lacking - made).issuperset, stock.keys)),
        "broken": len(stock.broken),
    }
    return Spread(counts, len(parts), time.monotonic() - start, tuple(stock.broken))


def _stock(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run) -> Stock:
    if encoder.source == "text":
        return Texts(data)
    bring(data, cast(Any, encoder.source), run)
    return Media(data, encoder, cache)


class _Job(NamedTuple):
    encoder: Encoder
    stock: Stock
    cache: FeatureCache
    run: Run


def _only(wanted: Container[str], parts: Sequence[Keys]) -> list[Keys]:
    """What is wanted of the parts; empty ones are left out."""
    rest = [tuple(key for key in keys if key in wanted) for keys in parts]
    return [keys for keys in rest if keys]


def _encode(job: _Job, executor: Executor, parts: Sequence[Keys]) -> tuple[set[str], dict[str, str]]:
    """Hashes of the contents that have a vector now, and why others have none."""
    made: set[str] = set()
    broken: dict[str, str] = {}
    mark = space(job.encoder)
    work = Encode(spec_of(job.encoder), mark)
    loaded = (Part(keys, tuple(map(job.stock.load, keys))) for keys in parts)
    where = LocalExecutor() if isinstance(job.encoder, Asks) else executor
    results = where.map(work, loaded, lambda number, made: job.cache.put(mark, made.vectors))
    try:
        for one in job.run.progress(results, job.encoder.name, len(parts)):
            made.update(one.vectors)
            broken.update(one.broken)
    except PartFailed as error:
        keys = parts[error.part]
        raise ServiceError(
            f"{job.encoder.name}: part {error.part + 1} of {len(parts)} ({len(keys)} contents, {keys[0][:12]} to "
            f"{keys[-1][:12]}) failed {error.tries} times; the last time: {error.why}. What other parts gave is kept: "
            "the same command goes on from there."
        ) from error
    return made, broken

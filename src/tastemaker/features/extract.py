"""Running encoders over a data set: every item's content once, and never the same content twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from tastemaker.core import BadSetting, DataError, Run
from tastemaker.data import Dataset, Features, FeatureSet, Table
from tastemaker.data.remote.cloud import bring
from tastemaker.features.attributes import Attributes, TableCode
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.files import NO_NUMBERS, Broken, Files
from tastemaker.features.filling import Filled, fill
from tastemaker.features.stock import Texts
from tastemaker.features.vectors import Vectors

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Extraction:
    """What extraction gave.

    Attributes:
        features: By encoder name.
        counts: By encoder name: different contents "encoded" now and "cached" from before, items "missing" (broken
            ones among them), and files "broken".
        broken: Files, and rows of ready-made vectors, that could not be taken, each with the reason; they count
            as missing.
    """

    features: FeatureSet
    counts: Mapping[str, Counts]
    broken: tuple[Broken, ...]


def extract(
    data: Dataset,
    encoders: Sequence[Encoder],
    *,
    cache: FeatureCache | None = None,
    run: Run | None = None,
    verify: bool = False,
) -> Extraction:
    """Encode every item's content, leaving zeros (and `present` false) where it is absent.

    An item's texts are joined to one; of several pictures or sounds the vectors are averaged. Vectors are kept
    by content as they are made, so a run that was stopped goes on from there.

    Args:
        data: Whose items.
        encoders: Each with another name.
        cache: Where vectors are kept; None takes the user's cache folder.
        run: Progress.
        verify: Hash every file again instead of trusting its size, date and inode.

    Raises:
        DataError: an encoder wants something that `data` does not have.
        BadSetting: Two encoders have the same name.
    """
    distinct(encoders)
    run = run or Run()
    cache = cache or FeatureCache(say=run.say)
    features: dict[str, Features] = {}
    counts: dict[str, Counts] = {}
    broken: dict[tuple[str, str, str], Broken] = {}
    for encoder in encoders:
        found, counted, failed = _one(data, encoder, cache, run, verify)
        features |= found
        counts |= counted
        broken |= {(b.item, b.path, b.modality): b for b in failed}
    return Extraction(features, counts, tuple(broken.values()))


def distinct(encoders: Sequence[Encoder]) -> None:
    """Raise `BadSetting` where two encoders have the same name."""
    names = [encoder.name for encoder in encoders]
    for name in names:
        if names.count(name) > 1:
            raise BadSetting(
                f"{names.count(name)} encoders are called {name!r}: one would take the other's place. "
                "Leave one out, or give each a `label` of its own where it has that setting."
            )


_Found = tuple[FeatureSet, Mapping[str, Counts], Sequence[Broken]]


def _one(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run, verify: bool) -> _Found:
    check(data, encoder)
    if encoder.source == "attributes":
        return _made({encoder.name: code_of(encoder, data.item_attributes).encode_table(data.item_attributes)})
    if encoder.source == "vectors":
        return _ready(data, cast(Vectors, encoder))
    if encoder.source == "text":
        return _text(data, encoder, cache, run)
    return _files(data, encoder, cache, run, verify)


def check(data: Dataset, encoder: Encoder) -> None:
    """Raise `DataError` where the items have nothing that the encoder reads."""
    there = _sources(data)
    if encoder.source not in there:
        raise DataError(
            f"The encoder {encoder.name!r} needs {encoder.source}, but the items have only: "
            f"{', '.join(there) or 'no content at all'}. Leave it out, or check the columns with `tastemaker read`."
        )


def _sources(data: Dataset) -> list[str]:
    there: list[str] = [name for name, content in data.content.items() if any(content)]
    return there + [n for n, t in (("attributes", data.item_attributes), ("vectors", data.vectors)) if t]


def readable(encoders: Sequence[Encoder], learned: Table, late: Dataset) -> list[Encoder]:
    """Encoders that find something to read in items that came later; attributes are coded as those of `learned`."""
    there = _sources(late)
    coded = [cast(Encoder, code_of(e, learned)) if e.source == "attributes" else e for e in encoders]
    return [encoder for encoder in coded if encoder.source in there]


def _made(features: FeatureSet, broken: Sequence[Broken] = ()) -> _Found:
    counts = {}
    for name, found in features.items():
        missing = int((~found.present).sum())
        counts[name] = {
            "encoded": len(found.present) - missing,
            "cached": 0,
            "missing": missing,
            "broken": sum(b.path == name for b in broken),
        }
    return features, counts, broken


def code_of(encoder: Encoder, table: Table) -> TableCode:
    """What turns a table into vectors: learned from it, unless the encoder is learned already."""
    return encoder if isinstance(encoder, TableCode) else cast(Attributes, encoder).fit_table(table)


def _ready(data: Dataset, encoder: Vectors) -> _Found:
    features = encoder.named(data.vectors)
    broken = [
        Broken(data.items.ids[row], name, "vectors", "it is not made of numbers")
        for (name, found), given in zip(features.items(), data.vectors.values(), strict=True)
        for row in np.flatnonzero(given.present & ~found.present)
    ]
    return _made(features, broken)


def _text(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run) -> _Found:
    texts = Texts(data)
    filled = fill(encoder, texts.entries, cache, run)
    for key in sorted(filled.useless):
        texts.fail(key, NO_NUMBERS)
    return _gathered(encoder, texts.keys, filled, texts.broken)


def _files(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run, verify: bool) -> _Found:
    bring(data, cast(Any, encoder.source), run)
    files = Files(data, encoder, cache, verify)
    filled = files.vectors(run)
    return _gathered(encoder, files.keys, filled, files.broken)


def _gathered(encoder: Encoder, keys: Sequence[tuple[str, ...]], filled: Filled, broken: Sequence[Broken]) -> _Found:
    """One vector an item: the mean over its contents."""
    vectors, present = filled.vectors.gathered(keys, int(getattr(encoder, "dim", 1)))
    counted = {
        "encoded": filled.fresh,
        "cached": len(filled.vectors) - filled.fresh,
        "missing": int((~present).sum()),
        "broken": len(broken),
    }
    return {encoder.name: Features(cast(Any, encoder.source), vectors, present)}, {encoder.name: counted}, broken

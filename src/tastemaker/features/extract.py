"""Running encoders over a data set: every item's content once, and never the same content twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, Run, fingerprints
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.features.attributes import Attributes
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.files import Broken, Files
from tastemaker.features.filling import fill
from tastemaker.features.texts import item_texts
from tastemaker.features.vectors import Vectors

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Extraction:
    """What extraction gave.

    Attributes:
        features: By encoder name.
        counts: By encoder name: contents "encoded" now, "cached" from before, items "missing", files "broken".
        broken: Files that could not be taken, each with the reason; they count as missing.
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
    """
    run = run or Run()
    cache = cache or FeatureCache(say=run.say)
    features: dict[str, Features] = {}
    counts: dict[str, Counts] = {}
    broken: dict[tuple[str, str], Broken] = {}
    for encoder in encoders:
        found, counted, failed = _one(data, encoder, cache, run, verify)
        features |= found
        counts |= counted
        broken |= {(b.item, b.path): b for b in failed}
    return Extraction(features, counts, tuple(broken.values()))


_Found = tuple[FeatureSet, Mapping[str, Counts], Sequence[Broken]]


def _one(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run, verify: bool) -> _Found:
    _check(data, encoder)
    if encoder.source == "attributes":
        coded = cast(Attributes, encoder).fit_table(data.item_attributes).encode(data.item_attributes)
        return _made({encoder.name: coded})
    if encoder.source == "vectors":
        return _made(cast(Vectors, encoder).named(data.vectors))
    if encoder.source == "text":
        return _text(data, encoder, cache, run)
    return _files(data, encoder, cache, run, verify)


def _check(data: Dataset, encoder: Encoder) -> None:
    there = [name for name, content in data.content.items() if any(content)]
    there += [n for n, t in (("attributes", data.item_attributes), ("vectors", data.vectors)) if t]
    if encoder.source not in there:
        raise DataError(
            f"The encoder {encoder.name!r} needs {encoder.source}, but the items have only: "
            f"{', '.join(there) or 'no content at all'}. Leave it out, or check the columns with `tastemaker read`."
        )


def _made(features: FeatureSet) -> _Found:
    counts = {
        name: {"encoded": 0, "cached": 0, "missing": int((~f.present).sum()), "broken": 0}
        for name, f in features.items()
    }
    return features, counts, ()


def _text(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run) -> _Found:
    texts = item_texts(data)
    keys = [(fingerprints.of_bytes(text.encode()),) if text else () for text in texts]
    entries = {key[0]: text for key, text in zip(keys, texts, strict=True) if key}
    vectors, fresh = fill(encoder, entries, cache, run)
    return _gathered(encoder, keys, vectors, fresh, ())


def _files(data: Dataset, encoder: Encoder, cache: FeatureCache, run: Run, verify: bool) -> _Found:
    files = Files(data, encoder, cache, verify)
    vectors, fresh = files.vectors(run)
    keys = [tuple(key for key in row if key in vectors) for row in files.keys]
    return _gathered(encoder, keys, vectors, fresh, files.broken)


def _gathered(
    encoder: Encoder,
    keys: Sequence[tuple[str, ...]],
    vectors: Mapping[str, NDArray[np.float32]],
    fresh: int,
    broken: Sequence[Broken],
) -> _Found:
    """One vector an item: the mean over its contents."""
    dim = len(next(iter(vectors.values()))) if vectors else int(getattr(encoder, "dim", 1))
    out = np.zeros((len(keys), dim), np.float32)
    for row, mine in enumerate(keys):
        if mine:
            out[row] = np.mean([vectors[key] for key in mine], axis=0)
    present = np.array([bool(mine) for mine in keys], bool)
    features = Features(cast(Any, encoder.source), out, present)
    counted = {
        "encoded": fresh,
        "cached": len(vectors) - fresh,
        "missing": int((~present).sum()),
        "broken": len(broken),
    }
    return {encoder.name: features}, {encoder.name: counted}, broken

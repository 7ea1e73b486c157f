"""Users as vectors: their attributes, and the texts of what they liked and wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run, fingerprints
from tastemaker.data import Dataset, Features, FeatureSet, Query
from tastemaker.features.attributes import Attributes
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.filling import fill
from tastemaker.features.whiten import Whitening


def user_features(
    train: Dataset,
    items: FeatureSet,
    encoders: Sequence[Encoder] = (),
    whitenings: Mapping[str, Whitening] | None = None,
    run: Run | None = None,
) -> FeatureSet:
    """Vectors of the users by encoder, made from training rows alone.

    "attributes" codes the table of users. For each text encoder a user's text is the mean over the vectors of
    the texts of the items that he liked and of the comments that he wrote.

    Args:
        train: Whose users.
        items: Whitened vectors of the items.
        encoders: Those that made them; the text encoders among them read the comments.
        whitenings: What the comments' vectors go through, by encoder name.
        run: Progress.
    """
    out: dict[str, Features] = {}
    if train.user_attributes:
        out["attributes"] = Attributes().fit_table(train.user_attributes).encode(train.user_attributes)
    for name, found in items.items():
        if found.source == "text":
            total, count = _liked(train, found)
            said = _said(train, next((e for e in encoders if e.name == name), None), run or Run())
            if said is not None:
                _add_comments(train, said, (whitenings or {}).get(name), (total, count))
            mean = total / np.maximum(count, 1)[:, None]
            out[name] = Features("text", mean.astype(np.float32), count > 0)
    return out


def _liked(train: Dataset, found: Features) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum and number of the vectors of what each user liked."""
    from scipy.sparse import csr_array

    log = train.interactions
    there = (log.sign > 0) & found.present[log.item]
    cells = (np.ones(int(there.sum())), (log.user[there], log.item[there]))
    taken = csr_array(cells, shape=(len(train.users), len(train.items)))
    count = np.bincount(log.user[there], minlength=len(train.users))
    return np.asarray(taken @ found.vectors, np.float64), count


def _said(train: Dataset, encoder: Encoder | None, run: Run) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """Rows of the interactions with a comment, and the comments' vectors."""
    if train.comments is None or encoder is None:
        return None
    rows = np.flatnonzero(train.comments != "")
    if not len(rows):
        return None
    keys = [fingerprints.of_bytes(str(train.comments[row]).encode()) for row in rows]
    entries = {key: str(train.comments[row]) for key, row in zip(keys, rows, strict=True)}
    vectors = fill(encoder, entries, FeatureCache(say=run.say), run).vectors
    kept = [n for n, key in enumerate(keys) if key in vectors]
    return (rows[kept], np.stack([vectors[keys[n]] for n in kept])) if kept else None


def _add_comments(
    train: Dataset,
    said: tuple[NDArray[np.int64], NDArray[np.float32]],
    whitening: Whitening | None,
    sums: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    rows, vectors = said
    user = train.interactions.user[rows]
    np.add.at(sums[0], user, whitening.rows(vectors) if whitening else vectors)
    np.add.at(sums[1], user, 1)


def profile_of(query: Query, items: FeatureSet, users: FeatureSet) -> dict[str, NDArray[np.float32]]:
    """A query's own features: his attributes, and his text as it stands after the latest history."""
    out: dict[str, NDArray[np.float32]] = {}
    for name, found in users.items():
        if found.source == "text" and len(query.liked):
            texts = items[name]
            there = query.liked[texts.present[query.liked]]
            if len(there):
                out[name] = texts.vectors[there].mean(axis=0)
        elif query.user is not None and found.present[query.user]:
            out[name] = found.vectors[query.user]
    return out

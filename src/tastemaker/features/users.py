"""Users as vectors: their attributes, and the texts of what they liked and wrote."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.data import Dataset, Features, FeatureSet, Query
from tastemaker.features.attributes import Attributes
from tastemaker.features.cache import FeatureCache
from tastemaker.features.comments import Reading, said

Rows = NDArray[np.float32]


def user_features(
    train: Dataset, items: FeatureSet, reading: Reading | None = None, run: Run | None = None
) -> FeatureSet:
    """Vectors of the users by encoder, made from training rows alone.

    "attributes" codes the table of users. For each text encoder a user's text is the mean over the vectors of
    the texts of the items that he liked and of the comments that he wrote, each counted as often as it occurs.

    Args:
        train: Whose users.
        items: Whitened vectors of the items.
        reading: How comments are read; None leaves them out.
        run: Progress.
    """
    out: dict[str, Features] = {}
    if train.user_attributes:
        out["attributes"] = Attributes().fit_table(train.user_attributes).encode_table(train.user_attributes)
    for name, found in items.items():
        if found.source == "text":
            total, count = _liked(train, found)
            _add_comments(train, name, (total, count), reading or Reading(), run or Run())
            mean = total / np.maximum(count, 1)[:, None]
            out[name] = Features("text", mean.astype(np.float32), count > 0)
    return out


def _liked(train: Dataset, found: Features) -> tuple[Rows, NDArray[np.int64]]:
    """Sum and number of the vectors of what each user liked."""
    from scipy.sparse import csr_array

    log = train.interactions
    there = (log.sign > 0) & found.present[log.item]
    cells = (np.ones(int(there.sum()), np.float32), (log.user[there], log.item[there]))
    taken = csr_array(cells, shape=(len(train.users), len(train.items)))
    count = np.bincount(log.user[there], minlength=len(train.users))
    return np.asarray(taken @ found.vectors, np.float32), count


def _add_comments(train: Dataset, name: str, sums: tuple[Rows, NDArray[np.int64]], reading: Reading, run: Run) -> None:
    encoder = reading.text(name)
    if encoder is None or train.comments is None:
        return
    cache = reading.cache or FeatureCache(say=run.say)
    rows, vectors = said(train.comments, encoder, cache, run)
    if len(rows):
        user = train.interactions.user[rows]
        whitening = reading.whitenings.get(name)
        np.add.at(sums[0], user, whitening.rows(vectors) if whitening else vectors)
        np.add.at(sums[1], user, 1)


def profile_of(query: Query, items: FeatureSet, users: FeatureSet) -> dict[str, Rows]:
    """A query's own features: his attributes, and his text as it stands after the latest history.

    A stranger's text is made of his history as a known user's is; his attributes are unknown.

    Args:
        query: Who asks.
        items: Whitened vectors of the items.
        users: What `user_features` gave.
    """
    out: dict[str, Rows] = {}
    for name, found in users.items():
        text = _text(query, items[name]) if found.source == "text" else None
        if text is not None:
            out[name] = text
        elif query.user is not None and found.present[query.user]:
            out[name] = found.vectors[query.user]
    return out


def _text(query: Query, texts: Features) -> Rows | None:
    """Mean of the texts of what he liked, shape (dim,); None where there is none."""
    liked = query.liked
    there = liked[texts.present[liked]]
    return np.asarray(texts.vectors[there].mean(axis=0), np.float32) if len(there) else None

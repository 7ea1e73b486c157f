"""The truth about a world, written beside it; and the lists that one would make who knows it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, UnknownName
from tastemaker.data.dataset import Dataset, Vocabulary
from tastemaker.data.query import Recommendations

NAME = "truth.npz"


@dataclass(frozen=True)
class Truth:
    """What decided everything in a world.

    Attributes:
        users: Ids of the users, in the order of the rows below.
        items: Ids of the items, in the order of the columns below.
        preference: True preference at the end of the year, float32, shape (n_users, n_items).
        kinds: For text, image, audio and video the hidden class of each item, int64, shape (n_items,).
        told: In a "switch" world 0 where the text tells the taste and 1 where the picture does, shape (n_items,).
        step: What the item taken last adds to each item in an "order" world, by the last item's text class: float32,
            shape (kinds, n_items); shape (0, n_items) in the other worlds.
    """

    users: Vocabulary
    items: Vocabulary
    preference: NDArray[np.float32]
    kinds: Mapping[str, NDArray[np.int64]]
    told: NDArray[np.int64]
    step: NDArray[np.float32]


def write_truth(folder: Path, truth: Truth) -> None:
    """Write ``truth.npz`` (arrays only) into `folder`."""
    np.savez_compressed(
        folder / NAME,
        users=np.array(truth.users.ids),
        items=np.array(truth.items.ids),
        preference=truth.preference,
        told=truth.told,
        step=truth.step,
        **{f"kinds_{source}": kinds for source, kinds in truth.kinds.items()},  # type: ignore[arg-type]
    )


def read_truth(folder: Path) -> Truth:
    """The truth about the world in `folder`; raises `DataError` where there is none."""
    path = folder / NAME
    try:
        with np.load(path, allow_pickle=False) as arrays:
            kinds = {name[6:]: arrays[name] for name in arrays.files if name.startswith("kinds_")}
            users, items = (Vocabulary(tuple(map(str, arrays[name]))) for name in ("users", "items"))
            return Truth(users, items, arrays["preference"], kinds, arrays["told"], arrays["step"])
    except FileNotFoundError as error:
        raise DataError(
            f"{folder} is no generated world: there is no {NAME}. Try: tastemaker data make world"
        ) from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged: {error}. Make the world again.") from error


def oracle_scores(folder: Path, data: Dataset) -> NDArray[np.float32]:
    """True preference for the users and items of `data`, in its order: float32, shape (n_users, n_items).

    In an "order" world the item that a user of `data` took last counts as it did when the world was made. Users and
    items that the world does not know are nan.
    """
    truth = read_truth(folder)
    user, item = truth.users.rows(data.users.ids), truth.items.rows(data.items.ids)
    scores = truth.preference[np.ix_(user, item)]
    if len(truth.step):
        last = _last(data)
        kind = truth.kinds["text"][item[last]]
        scores = scores + np.where((last >= 0)[:, None], truth.step[kind][:, item], np.float32(0))
    scores[user < 0] = np.nan
    scores[:, item < 0] = np.nan
    return np.asarray(scores, np.float32)


def _last(data: Dataset) -> NDArray[np.int64]:
    """The item that each user took last, -1 for none."""
    last = np.full(len(data.users), -1, np.int64)
    last[data.interactions.user] = data.interactions.item  # later ones overwrite earlier ones
    return last


@dataclass(frozen=True)
class Oracle:
    """Recommends by the true preference: what no model can beat but by luck.

    Attributes:
        scores: What `oracle_scores` gives for `train`.
        train: The interactions that are left out of the lists.
    """

    scores: NDArray[np.float32]
    train: Dataset

    @classmethod
    def of(cls, folder: Path, train: Dataset) -> Oracle:
        """The oracle of the world in `folder`."""
        return cls(oracle_scores(folder, train), train)

    def recommend(self, users: Sequence[str], k: int = 10) -> Recommendations:
        """The best `k` unseen items for each user id; raises `UnknownName` for a stranger."""
        rows = self.train.users.rows(users)
        for name, row in zip(users, rows, strict=True):
            if row < 0:
                raise UnknownName("user", name, self.train.users.ids[:10])
        scores = np.where(np.isnan(self.scores[rows]), np.float32(-np.inf), self.scores[rows])
        for line, row in enumerate(rows):
            scores[line, self.train.interactions.item[self.train.rows_of(int(row))]] = -np.inf
        items = np.argsort(-scores, axis=1, kind="stable")[:, :k].astype(np.int32)
        best = np.take_along_axis(scores, items, axis=1)
        return Recommendations(rows, np.where(np.isneginf(best), -1, items).astype(np.int32), best)

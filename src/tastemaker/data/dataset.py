"""The data set: frozen columns of behaviour, users, items and raw content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.data.table import Table
from tastemaker.data.vectors import FeatureSet

Modality = Literal["text", "image", "audio", "video"]
Source = Literal["text", "image", "audio", "video", "attributes", "vectors"]
Clock = Literal["time", "positions", "none"]
Content = Sequence[tuple[Any, ...]]  # one entry an item: its texts (str) or files (Path), () without

UNKNOWN_TIME = -1
NO_SESSION = -1


@dataclass(frozen=True)
class Vocabulary:
    """Two-way map between outside ids (str) and row numbers 0..n-1."""

    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _rows(self) -> dict[str, int]:
        rows = {name: row for row, name in enumerate(self.ids)}
        if len(rows) != len(self.ids):
            raise DataError(f"{len(self.ids) - len(rows)} ids occur more than once.")
        return rows

    def row(self, name: str) -> int | None:
        """Row number of `name`, or None if it is not known (a cold user or item)."""
        return self._rows.get(name)

    def rows(self, names: Sequence[str]) -> NDArray[np.int32]:
        """Row numbers of `names`, -1 where a name is not known."""
        return np.fromiter((self._rows.get(n, -1) for n in names), np.int32, len(names))


@dataclass(frozen=True)
class Interactions:
    """Columns of length n in the order of (time, arrival); ties are never reshuffled.

    Attributes:
        user: Row of the user, int32.
        item: Row of the item, int32.
        value: The rating where there are ratings, else the default weight of the event, float32.
        time: Seconds since 1970, or plain positions (see `Dataset.clock`), int64; -1 unknown.
        kind: Index into `Dataset.events`, uint8.
        session: Number of the visit, int32; -1 none.
        sign: +1 positive, 0 neutral (seen, but says nothing), -1 negative feedback, int8.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.float32]
    time: NDArray[np.int64]
    kind: NDArray[np.uint8]
    session: NDArray[np.int32]
    sign: NDArray[np.int8]

    @classmethod
    def of(
        cls,
        user: Sequence[int] | NDArray[Any],
        item: Sequence[int] | NDArray[Any],
        value: Sequence[float] | NDArray[Any] | None = None,
        time: Sequence[int] | NDArray[Any] | None = None,
    ) -> Interactions:
        """Columns from rows that are in order already; what is left out gets its neutral value."""
        n = len(user)
        values = np.ones(n, np.float32) if value is None else np.asarray(value, np.float32)
        return cls(
            user=np.asarray(user, np.int32),
            item=np.asarray(item, np.int32),
            value=values,
            time=np.full(n, UNKNOWN_TIME, np.int64) if time is None else np.asarray(time, np.int64),
            kind=np.zeros(n, np.uint8),
            session=np.full(n, NO_SESSION, np.int32),
            sign=np.sign(values).astype(np.int8),
        )

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[Any]) -> Interactions:
        """The rows at `rows`: a boolean mask of shape (n,) or row numbers, kept in that order."""
        return Interactions(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


class UserRows(NamedTuple):
    """Rows of the interactions grouped by user: those of user u are ``order[start[u]:start[u + 1]]``."""

    order: NDArray[np.int64]
    start: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Everything known about users, items and their history; never changed in place.

    Attributes:
        users: Ids of users; those of the users' table come too, with or without behaviour.
        items: Ids of items; those of the items' table come too, with or without behaviour.
        interactions: Behaviour, oldest first.
        content: For each modality one tuple an item: texts as str, files as absolute Path; () is absent.
        titles: Display name an item ("" where none).
        item_attributes: Columns of length n_items.
        user_attributes: Columns of length n_users.
        vectors: Ready-made item vectors by name.
        comments: Review text an interaction, object array of str ("" none), or None without any.
        split: Value of the column `split` an interaction, object array of str, or None without it.
        events: Names that `Interactions.kind` points to; the first is "" (no event given).
        clock: "time" (seconds since 1970), "positions" (an order without a clock) or "none".
        explicit: True where `Interactions.value` are ratings that users gave.
        name: A short name for reports.
        root: The folder that media may not lead out of, or None where there are no media.
    """

    users: Vocabulary
    items: Vocabulary
    interactions: Interactions
    content: Mapping[Modality, Content] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    item_attributes: Table = field(default_factory=dict)
    user_attributes: Table = field(default_factory=dict)
    vectors: FeatureSet = field(default_factory=dict)
    comments: NDArray[np.object_] | None = None
    split: NDArray[np.object_] | None = None
    events: tuple[str, ...] = ("",)
    clock: Clock = "none"
    explicit: bool = False
    name: str = "data"
    root: Path | None = None

    @classmethod
    def from_frames(cls, interactions: Any, items: Any = None, users: Any = None, settings: Any = None) -> Dataset:
        """Clean tables that are in memory: pandas, Polars, Arrow, or mappings of columns.

        Args:
            interactions: Columns user_id, item_id and others as in a data folder.
            items: Column item_id and others, or None.
            users: Column user_id and others, or None.
            settings: `DataSettings`, or None for the defaults.
        """
        from tastemaker.data.frames import from_frames

        return from_frames(interactions, items, users, settings).data

    def only(self, rows: NDArray[Any]) -> Dataset:
        """The same users, items and content with only some interactions (mask or ascending rows)."""
        return replace(
            self,
            interactions=self.interactions.take(rows),
            comments=None if self.comments is None else self.comments[rows],
            split=None if self.split is None else self.split[rows],
        )

    def title(self, item: int) -> str:
        """Display name of an item: its title, else its id."""
        return (self.titles[item] if self.titles else "") or self.items.ids[item]

    @cached_property
    def by_user(self) -> UserRows:
        """Interactions grouped by user, oldest first within each."""
        user = self.interactions.user
        order = np.argsort(user, kind="stable")
        counts = np.bincount(user, minlength=len(self.users))
        return UserRows(order, np.concatenate([[0], np.cumsum(counts)]))

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """Codes ``user * number of items + item`` of all interactions, sorted, each once."""
        return _distinct(self._codes)

    @cached_property
    def liked_pairs(self) -> NDArray[np.int64]:
        """The same of those with a positive sign."""
        return _distinct(self._codes[self.interactions.sign > 0])

    @property
    def _codes(self) -> NDArray[np.int64]:
        return self.interactions.user.astype(np.int64) * len(self.items) + self.interactions.item

    def rows_of(self, user: int) -> NDArray[np.int64]:
        """Numbers of one user's interactions, oldest first."""
        order, start = self.by_user
        return order[start[user] : start[user + 1]]


def _distinct(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted, each once."""
    ordered = np.sort(codes)
    return ordered[np.diff(ordered, prepend=-1) > 0]

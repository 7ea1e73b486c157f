"""Popularity: the floor every other model must beat, and the answer to a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from pydantic import Field

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.data.order import carried
from tastemaker.models import sparse
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.segments import segments

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DAY = 86400.0


@final
@component
class Popular(Recommender):
    """Score an item by its share of the positive interactions, the newest weighing most if wanted.

    An interaction weighs ``2 ** -(age / half_life)``, and nothing if older than `recent`. Ages count from the
    last interaction: in days where the data have a clock, else as a share (0..1) of the log. With `segment`,
    users are grouped by these attributes, and a group's shares are shrunk to those of all:
    ``(n_group p_group + shrink p_all) / (n_group + shrink)``; strangers and users with a missing attribute get
    those of all. An item without any interaction gets no opinion.

    Attributes:
        half_life: Age at which an interaction weighs half, in days or as a share of the log (where 30 is no decay
            to speak of); None: all weigh 1.
        recent: Age up to which interactions count, in the same unit; None: all do.
        segment: Columns of the users' attributes, such as ["age", "gender"].
        bands: Groups of equal size into which a segment's numbers are cut.
        shrink: Interactions of the whole that are mixed into each group.
    """

    name: ClassVar[str] = "popular"
    space: ClassVar[SearchSpace] = {"half_life": Range(0.5, 1000.0, log=True)}
    half_life: Annotated[float, Gt(0)] | None = 30.0
    recent: Annotated[float, Gt(0)] | None = None
    segment: list[str] = Field(default_factory=list)
    bands: Annotated[int, Ge(2)] = 5
    shrink: Annotated[float, Ge(0)] = 200.0

    def __post_init__(self) -> None:
        self._whole: NDArray[np.float32] | None = None
        self._groups: csr_array | None = None
        self._group_of = np.empty(0, np.int32)

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Count interactions by item, and by group of users if wanted."""
        log, items = data.interactions, len(data.items)
        weight = self._weights(data)
        counts = np.bincount(log.item, weight, minlength=items)
        seen = np.bincount(log.item, minlength=items) > 0
        share = counts / max(counts.sum(), 1e-12)
        self._whole = np.where(seen, share, np.nan).astype(np.float32)
        self._groups, self._group_of = None, np.empty(0, np.int32)
        if self.segment:
            self._group_of = segments(data.user_attributes, self.segment, self.bands, len(data.users))
            self._groups = self._by_group(data, weight)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Shares of the query's group, or of all; the same for everyone in it."""
        whole = self._fitted()
        scores = np.tile(whole, (len(queries), 1))
        if self._groups is None:
            return scores
        group = np.array([self._group(q) for q in queries])
        row = np.flatnonzero(group >= 0)
        counts = self._groups[group[row]].toarray()
        n = counts.sum(axis=1, keepdims=True)
        scores[row] = (counts + self.shrink * scores[row]) / np.maximum(n + self.shrink, 1e-12)
        return scores

    def state(self) -> State:
        """Shares of the whole, counts by group, the group of each user."""
        groups = {} if self._groups is None else sparse.pack("groups", self._groups)
        return {"whole": self._fitted(), "group_of": self._group_of, **groups}

    def restore(self, state: State) -> None:
        """Take the counts back."""
        self._whole, self._group_of = array(state, "whole"), array(state, "group_of")
        self._groups = sparse.unpack("groups", state) if self.segment else None

    def _weights(self, data: Dataset) -> NDArray[np.float64]:
        log = data.interactions
        n = len(log)
        age = (n - 1 - np.arange(n)) / max(n, 1)
        if data.clock == "time" and n:
            time = carried(log.time)
            age = (time.max() - np.where(time < 0, log.time[log.time >= 0].min(initial=time.max()), time)) / DAY
        weight = (log.sign > 0).astype(np.float64)
        if self.half_life is not None:
            weight *= np.exp2(-age / self.half_life)
        if self.recent is not None:
            weight *= age <= self.recent
        return weight

    def _by_group(self, data: Dataset, weight: NDArray[np.float64]) -> csr_array:
        from scipy.sparse import csr_array

        log = data.interactions
        group = self._group_of[log.user]
        there = (group >= 0) & (weight > 0)
        shape = (int(self._group_of.max(initial=-1)) + 1, len(data.items))
        return csr_array((weight[there].astype(np.float32), (group[there], log.item[there])), shape=shape)

    def _group(self, query: Query) -> int:
        known = query.user is not None and query.user < len(self._group_of)
        return int(self._group_of[query.user]) if known else -1

    def _fitted(self) -> NDArray[np.float32]:
        if self._whole is None:
            raise NotFitted(self)
        return self._whole

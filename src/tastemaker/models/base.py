"""What a recommender is. A subclass writes four methods; the rest is written once, here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, final, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.core.space import SearchSpace, Starts
from tastemaker.data import Dataset, FeatureSet, ItemVectors, Query, Recommendations
from tastemaker.models.ranking import Wish, rank
from tastemaker.models.ranking_inner import rank_inner
from tastemaker.models.ranking_sparse import rank_sparse

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Scores = NDArray[np.float32]  # (n_queries, n_items), higher is better, nan = no opinion
State = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Given:
    """What a recommender may learn from beside the interactions.

    Attributes:
        items: Fused vectors of the items, or None without content.
        features: Vectors of the items by encoder, or None.
        users: Vectors of the users by encoder, or None.
        validation: Interactions to stop by; None where all are training.
    """

    items: ItemVectors | None = None
    features: FeatureSet | None = None
    users: FeatureSet | None = None
    validation: Dataset | None = None


class Recommender(ABC):
    """Ranks all items for a query.

    Abstract methods are the only ones a subclass may write; concrete subclasses are final.

    Attributes:
        name: Its name in the catalog.
        needs_vectors: Whether `fit` refuses to work without item vectors.
        needs_order: Whether it reads histories as sequences, and has nothing to read where they have no order.
        space: Settings that `tune` may change, and the values worth trying; the others stay as they are.
        starts: Settings of the space that are tried right after the defaults, such as ends that a search hardly hits.
        parallel: Whether `score` may be called from several threads at once and gains by it; torch and products
            of full matrices have threads of their own.
    """

    name: ClassVar[str]
    needs_vectors: ClassVar[bool] = False
    needs_order: ClassVar[bool] = False
    space: ClassVar[SearchSpace] = {}
    starts: ClassVar[Starts] = ()
    parallel: ClassVar[bool] = False

    @final
    def fit(  # noqa: PLR0913 - the four sources of knowledge, all optional
        self,
        data: Dataset,
        *,
        items: ItemVectors | None = None,
        features: FeatureSet | None = None,
        users: FeatureSet | None = None,
        validation: Dataset | None = None,
        run: Run | None = None,
    ) -> Self:
        """Learn from `data` and whatever else is given; equal seeds give equal models.

        Raises:
            BadSetting: the model ranks by item vectors, and there are none.
        """
        if items is None and self.needs_vectors:
            raise BadSetting(
                f"The recommender {self.name!r} ranks by item vectors, and there are none. "
                "Give it content and an encoder, or choose 'item_knn' or 'popular'."
            )
        self.learn(data, Given(items, features, users, validation), run or Run())
        return self

    @abstractmethod
    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Learn anew; what was learned before is forgotten."""

    @abstractmethod
    def score(self, queries: Sequence[Query]) -> Scores:
        """Score every item for each query, shape (q, n_items); nan = no opinion. Raises `NotFitted`."""

    @abstractmethod
    def state(self) -> State:
        """All that was learned, as arrays (no pickles)."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Take back what `state` gave."""

    @final
    def recommend(
        self,
        queries: Sequence[Query],
        k: int = 10,
        *,
        repeat: bool = False,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommendations:
        """The best `k` items of each query, without those in its history unless `repeat`.

        Items without an opinion are left out. Ties are broken by item number, so equal scores
        always give equal lists. Works in blocks of queries: memory stays bounded.

        Args:
            queries: Who asks.
            k: Length of the lists, at least 1.
            repeat: Whether items of the history may come again.
            allowed: Which items may be listed, bool, shape (n_items,) or (q, n_items).

        Raises:
            NotFitted: before `fit` or `load`.
            BadSetting: `k` is below 1.
        """
        if k < 1:
            raise BadSetting(f"Lists need at least 1 place; got k = {k}.")
        wish = Wish(k, repeat, allowed)
        if isinstance(self, Relists):
            return self.relist(queries, wish)
        if isinstance(self, Sparse):
            return rank_sparse(self.sparse_scores, queries, wish)
        if isinstance(self, Embeds):
            return rank_inner(self.query_vectors, self.item_vectors(), queries, wish)
        return rank(self.score, queries, wish, parallel=self.parallel)

    @final
    def save(self, folder: Path) -> None:
        """Write ``component.json`` and ``state.safetensors`` into `folder`, whole or not at all."""
        from tastemaker.models.saving import save

        save(self, folder)


def array(state: State, name: str) -> NDArray[Any]:
    """One array of a saved state; raises `SavedError` where it is absent."""
    if name not in state:
        raise SavedError(f"The saved state has no array {name!r}; it has: {', '.join(sorted(state))}. Fit it anew.")
    return state[name]


class Explains(Protocol):
    """A recommender whose score is a sum over the history."""

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the query's history adds to the score of `item`, shape (h,)."""
        ...


@runtime_checkable
class Rates(Protocol):
    """A recommender that also predicts ratings; what its lists make of them is its own affair."""

    @property
    def threshold(self) -> float:
        """The prediction from which on the answer is yes."""
        ...

    def rate(self, queries: Sequence[Query], items: NDArray[np.int32]) -> NDArray[np.float32]:
        """Predicted rating of ``items[n]`` by ``queries[n]``, shape (n,)."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A recommender that validation data stop, which then knows how long it should have learned."""

    def settled(self) -> dict[str, Any]:
        """Its specification, so that learning anew takes as long as was best and needs no validation data."""
        ...


@runtime_checkable
class Sparse(Protocol):
    """A recommender that has an opinion on few items: its lists need no full rows of scores.

    May be called from several threads at once.
    """

    def sparse_scores(self, queries: Sequence[Query]) -> csr_array:
        """Float32, shape (q, n_items); what is not stored, or 0, is no opinion, and nan in `score`."""
        ...


@runtime_checkable
class Relists(Protocol):
    """A recommender that makes its lists from those of another, which thus keeps its own way of ranking."""

    def relist(self, queries: Sequence[Query], wish: Wish) -> Recommendations:
        """What `recommend` answers; as ranking by `score` where no item is forbidden or asked again."""
        ...


@runtime_checkable
class Embeds(Protocol):
    """A recommender whose score is an inner product: its lists need no matrix of scores, an index may serve them.

    A vector of zeros holds no opinion: there the score is nan.
    """

    def query_vectors(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """Shape (q, d); zeros for a query of which nothing is known."""
        ...

    def item_vectors(self) -> NDArray[np.float32]:
        """Shape (n_items, d); zeros for an item of which nothing is known."""
        ...

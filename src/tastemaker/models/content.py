"""Content-based recommendation: items like those you liked, and what their likeness is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, final

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import NotFitted, Run, component
from tastemaker.core.space import Choice, Range, SearchSpace
from tastemaker.data import Dataset, Query
from tastemaker.models import histories, sparse
from tastemaker.models.base import Given, Recommender, Scores, State, array
from tastemaker.models.content_space import Lesson, Space, learned, plain
from tastemaker.models.kernels import landmarks
from tastemaker.models.user_prior import UserPrior

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@final
@component
class Content(Recommender):
    """Score an item by its content alone: new items count like old ones, strangers with a history like users.

    Two opinions are added, each scaled to variance 1 over the items:

    * likeness: cosine of the item's centred vector with the weighted sum of those in the history;
    * what behaviour teaches about content: the matrix of who liked what is cut to its `factors` strongest
      directions, ``X ~ U S V'``, and ridge regression predicts ``V sqrt(S)`` of an item from its content, read
      through one kernel on all sources whose weights behaviour chooses (see `kernels.landmarks`). A history h
      stands at ``h V / sqrt(S)``; the opinion is the product of both.

    The second weighs ``m / (m + shrink)`` with m the mean number of likes of an item, the first the rest: with
    little behaviour there is little to learn. Users' attributes, where there are any, give everyone a starting
    point worth `prior` liked items. An empty history without attributes, an item without vector: no opinion.

    Source: Lops et al. 2011 (profiles); Gantner et al. 2010 (attributes mapped to factors).

    Attributes:
        learning: "kernel", "ridge" on the fused vectors, or "none" for likeness alone.
        factors: Directions of behaviour.
        reg: Strength of the ridge regression; None: each direction's own, by leave-one-out.
        shrink: Likes an item at which both opinions weigh the same.
        prior: Liked items that a user's attributes are worth; 0 leaves them out.
        decay: Weight of a step back in the history; used where the data have an order.
        dislike: Weight of disliked items, which push similar ones down; 0 leaves them out.
    """

    name: ClassVar[str] = "content"
    needs_vectors: ClassVar[bool] = True
    space: ClassVar[SearchSpace] = {
        "learning": Choice(("none", "ridge", "kernel")),
        "factors": Range(8, 256, log=True),
        "shrink": Range(0.5, 100.0, log=True),
        "prior": Range(0.2, 20.0, log=True),
        "decay": Range(0.5, 1.0),
        "dislike": Range(0.0, 1.0),
    }
    learning: Literal["none", "ridge", "kernel"] = "kernel"
    factors: Annotated[int, Ge(1), Le(1024)] = 32
    reg: Annotated[float, Gt(0)] | None = None
    shrink: Annotated[float, Ge(0)] = 5.0
    prior: Annotated[float, Ge(0)] = 2.0
    decay: Annotated[float, Gt(0), Le(1)] = 1.0
    dislike: Annotated[float, Ge(0), Le(1)] = 0.25

    def __post_init__(self) -> None:
        self._space: Space | None = None
        self._users: UserPrior | None = None
        self._ordered = False

    def learn(self, data: Dataset, given: Given, run: Run) -> None:
        """Place the items, learn what behaviour says of content, and what attributes say of users."""
        assert given.items is not None, "`fit` refuses to work without"
        self._ordered = data.clock != "none"
        self._space, self._users = plain(given.items), None
        if self.learning != "none":
            lesson = Lesson(self.factors, self.reg, self.shrink, run.seed)
            taken = sparse.liked(data)
            self._space = learned(self._space, taken, lesson, self._inputs(taken, given, run))
        if self.prior > 0 and given.users:
            self._users = UserPrior.fit(data, given.users, self.query_vectors, run.seed)

    def _inputs(self, taken: csr_array, given: Given, run: Run) -> NDArray[np.float32] | None:
        """What the regression is on: vectors of the kernel, or None for the fused ones."""
        if self.learning != "kernel" or not given.features:
            return None
        found = landmarks(given.features, taken, seed=run.seed)
        return None if found is None else found(given.features)

    def score(self, queries: Sequence[Query]) -> Scores:
        """Sum of both opinions; nan for a bare item, and for a query of which nothing is known."""
        space = self._fitted()
        where, weight = self._places(queries)
        scores: Scores = where @ space.items.T
        scores[:, ~space.known] = np.nan
        scores[weight == 0] = np.nan
        return scores

    def query_vectors(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """Where each query stands among the items, shape (q, d); zeros where nothing is known."""
        return self._places(queries)[0]

    def item_vectors(self) -> NDArray[np.float32]:
        """Where each item stands, shape (n_items, d); zeros without a vector."""
        return self._fitted().items

    def contributions(self, query: Query, item: int) -> NDArray[np.float32]:
        """What each entry of the history adds to the score of `item`, shape (h,); the rest is attributes'."""
        space = self._fitted()
        weights = histories.weights(query, decay=self._decay, dislike=self.dislike) * space.known[query.history]
        share = np.float32(1)
        if self._users is not None and self._users.knows([query])[0]:
            n = np.count_nonzero(weights)
            share = np.float32(n / (n + self.prior))
        return space.each(query.history, weights, item) * share

    def state(self) -> State:
        """The space, and what attributes say."""
        users = {} if self._users is None else self._users.pack()
        return {**self._fitted().pack(), **users, "ordered": np.array([self._ordered])}

    def restore(self, state: State) -> None:
        """Take them back."""
        self._space, self._users = Space.unpack(state), UserPrior.unpack(state)
        self._ordered = bool(array(state, "ordered")[0])

    def _places(self, queries: Sequence[Query]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where queries stand, (q, d), and how many liked items that is worth, (q,)."""
        space = self._fitted()
        taken = histories.matrix(queries, len(space.known), decay=self._decay, dislike=self.dislike)
        taken.data *= space.known[taken.indices]
        where = space.place(taken)
        taken.eliminate_zeros()
        worth = np.diff(taken.indptr).astype(np.float32)
        if self._users is None or not len(queries):
            return where, worth
        known = np.flatnonzero(self._users.knows(queries))
        own = worth[known, None]
        start = self._users.place([queries[int(n)] for n in known])
        where[known] = (own * where[known] + self.prior * start) / (own + self.prior)
        worth[known] += self.prior
        return where, worth

    @property
    def _decay(self) -> float:
        return self.decay if self._ordered else 1.0

    def _fitted(self) -> Space:
        if self._space is None:
            raise NotFitted(self)
        return self._space

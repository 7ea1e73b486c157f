"""Encoders, a fusion and a recommender joined into one thing that recommends, rates and is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, NotFitted, Run
from tastemaker.data import Dataset, FeatureSet, ItemVectors, Query, Recommendations, queries
from tastemaker.data.join import join
from tastemaker.data.settings import DataSettings, settings_beside
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.comments import Comments, Reading
from tastemaker.features.whiten import Whiten, Whitening
from tastemaker.fusion.base import Fusion
from tastemaker.fusion.impute import Impute
from tastemaker.fusion.weighted import Weighted
from tastemaker.models.base import Rates, Recommender

Neighbours = tuple[list[str], list[float], str]


@dataclass
class Pipeline:
    """Data in, ranked lists out.

    Attributes:
        model: The recommender.
        encoders: What turns content into vectors; none for a model that needs no content.
        fusion: What joins the encoders' vectors.
        whiten: How each encoder's vectors are whitened before they are joined.
        impute: Whether and how missing vectors are filled from like items; masks do without.
        comments: Whether and how what users wrote counts as text of the items.
        log: How tables of behaviour are read: what `strangers` and later tests bring counts as in training.
        data: What is known of users' histories, after `fit` (validation included).
        features: Whitened vectors of the items by encoder, after `fit`.
        users: Vectors of the users by encoder, after `fit`.
        items: Fused vectors of the items, after `fit`; None without encoders.
    """

    model: Recommender
    encoders: Sequence[Encoder] = ()
    fusion: Fusion = field(default_factory=Weighted)
    whiten: Whiten = field(default_factory=Whiten)
    impute: Impute = field(default_factory=Impute)
    comments: Comments = field(default_factory=Comments)
    log: DataSettings = field(default_factory=DataSettings)
    features: FeatureSet = field(default_factory=dict, init=False, repr=False)
    users: FeatureSet = field(default_factory=dict, init=False, repr=False)
    items: ItemVectors | None = field(default=None, init=False, repr=False)
    whitenings: dict[str, Whitening] = field(default_factory=dict, init=False, repr=False)
    _data: Dataset | None = field(default=None, init=False, repr=False)

    def fit(
        self,
        train: Dataset,
        validation: Dataset | None = None,
        *,
        raw: FeatureSet | None = None,
        cache: FeatureCache | None = None,
        run: Run | None = None,
    ) -> Self:
        """Encode, whiten, fuse and learn.

        Args:
            train: What is learned from.
            validation: What early stopping looks at; it counts as history when lists are asked for.
            raw: The encoders' vectors where they are at hand already (see ``features.extract``).
            cache: Where vectors are kept; None keeps them in the user's cache folder.
            run: Seed, progress, threads.
        """
        run = run or Run()
        self.describe(train, raw, cache, run)
        return self.refit(train, validation, run)

    def describe(
        self,
        train: Dataset,
        raw: FeatureSet | None = None,
        cache: FeatureCache | None = None,
        run: Run | None = None,
    ) -> None:
        """The first half of `fit`: vectors of items and users, whitened and fused."""
        from tastemaker.features.extract import extract
        from tastemaker.features.users import user_features

        run = run or Run()
        if raw is None:
            raw = extract(train, self.encoders, cache=cache, run=run).features if self.encoders else {}
        raw = self.comments.join(raw, train, Reading(self.encoders, {}, cache), run)
        self.whitenings = {name: self.whiten.fit(found) for name, found in raw.items()}
        whitened = {name: self.whitenings[name].apply(found) for name, found in raw.items()}
        self.features = self.impute.fill(whitened, train)
        reading = Reading(self.encoders, self.whitenings, cache)
        self.users = user_features(train, self.features, reading, run)
        self.items = None
        if self.features:
            self.items = self.fusion.fit(self.features, train, run).fuse(self.features)

    def place(self, late: Dataset, cache: FeatureCache | None = None, run: Run | None = None) -> FeatureSet:
        """Whitened vectors of items that came after `fit`, as the encoders of `fit` make them.

        Args:
            late: Those items with their content; what an encoder reads may be absent from all of them.
            cache: As of `fit`.
            run: Progress.
        """
        from tastemaker.features.extract import extract, readable

        encoders = readable(self.encoders, self.data.item_attributes, late)
        found = extract(late, encoders, cache=cache, run=run).features if encoders else {}
        return {name: self.whitenings[name].apply(features) for name, features in found.items()}

    def with_model(self, model: Recommender) -> Pipeline:
        """Another model over the same vectors, not fitted yet; for comparisons on equal terms."""
        other = replace(self, model=model)
        other.features, other.users, other.items = self.features, self.users, self.items
        other.whitenings = self.whitenings
        return other

    def refit(self, train: Dataset, validation: Dataset | None = None, run: Run | None = None) -> Self:
        """The second half of `fit`: learn anew over the vectors that are there."""
        self.model.fit(
            train,
            items=self.items,
            features=self.features or None,
            users=self.users or None,
            validation=validation,
            run=run,
        )
        self._data = train if validation is None else join(train, validation)
        return self

    @property
    def data(self) -> Dataset:
        """Users, items and histories; raises `NotFitted`."""
        if self._data is None:
            raise NotFitted(self)
        return self._data

    def remember(self, data: Dataset) -> None:
        """Take `data` as what is known of users' histories."""
        self._data = data

    def queries(self, users: Sequence[str]) -> list[Query]:
        """What each user id asks, with his history and profile; an unknown id is a stranger."""
        rows = self.data.users.rows(users)
        known = iter(queries(self.data, rows[rows >= 0]))
        return [self._profiled(next(known)) if row >= 0 else Query(None) for row in rows]

    def strangers(self, events: Path) -> tuple[list[str], list[Query]]:
        """Names and queries of people whom training never saw, from a table of what they did."""
        from tastemaker.data.strangers import strangers

        return strangers(self.read(events), self.data)

    def read(self, behaviour: Path) -> Dataset:
        """A table of behaviour, understood as that of training was; a `tastemaker.toml` beside it comes before that.

        Where columns were named that it does not have, usual names are looked for.
        """
        from tastemaker.data.read import read

        usual = self.log.of_log
        told = settings_beside(behaviour, usual)
        try:
            return read(behaviour, told).data
        except BadSetting:
            if told is not usual or not told.columns:
                raise
            return read(behaviour, replace(told, columns={})).data

    def recommend(
        self,
        users: Sequence[str],
        k: int = 10,
        *,
        repeat: bool = False,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommendations:
        """The best `k` unseen items for each user id; unknown users are strangers, not errors."""
        return self.answer(self.queries(users), k, repeat=repeat, allowed=allowed)

    def answer(
        self,
        asked: Sequence[Query],
        k: int = 10,
        *,
        repeat: bool = False,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Recommendations:
        """The best `k` items for each query; see `Recommender.recommend`."""
        return self.model.recommend(asked, k, repeat=repeat, allowed=allowed)

    def rate(self, users: Sequence[str], items: Sequence[str]) -> NDArray[np.float32]:
        """Predicted rating of ``items[n]`` by ``users[n]``; unknown items get the user's mean prediction.

        Raises:
            BadSetting: the model predicts no ratings.
        """
        if not isinstance(self.model, Rates):
            raise BadSetting(
                f"The model {self.model.name!r} ranks, it predicts no ratings. Fit --model mf or multimodal_mlp."
            )
        asking, which = np.unique(np.asarray(users, object), return_inverse=True)
        known = self.queries([str(u) for u in asking])
        rated: NDArray[np.float32] = self.model.rate([known[n] for n in which], self.data.items.rows(items))
        return rated

    def similar_items(self, item: str, k: int = 10) -> Neighbours:
        """Ids, scores and kind of the nearest items: by content, or by behaviour where it has no content."""
        from tastemaker.models.neighbours import nearest

        row = _row(self.data.items.row(item), "item", item, self.data.items.ids)
        if self.items is not None and self.items.known[row]:
            found, scores = nearest(self.items.vectors, row, k, self.items.known)
            return [self.data.items.ids[i] for i in found], scores, "content"
        recs = self.model.recommend([Query.of([row])], k)
        there = recs.items[0] >= 0
        return (
            [self.data.items.ids[i] for i in recs.items[0][there]],
            recs.scores[0][there].tolist(),
            self.model.name,
        )

    def similar_users(self, user: str, k: int = 10) -> Neighbours:
        """Ids and scores of the users with the nearest histories (cosine of what they liked)."""
        from tastemaker.models.neighbours import nearest_users

        row = _row(self.data.users.row(user), "user", user, self.data.users.ids)
        found, scores = nearest_users(self.data, row, k)
        return [self.data.users.ids[u] for u in found], scores, "behaviour"

    def save(self, folder: str | Path, notes: dict[str, Any] | None = None) -> None:
        """Write a folder of JSON, safetensors and Parquet, whole or not at all; no pickle."""
        from tastemaker.pipeline.saving import save

        save(self, Path(folder), notes or {})

    def _profiled(self, query: Query) -> Query:
        from tastemaker.features.users import profile_of

        return replace(query, profile=profile_of(query, self.features, self.users)) if self.users else query


def _row(row: int | None, kind: str, name: str, ids: tuple[str, ...]) -> int:
    from tastemaker.core import DataError

    if row is None:
        raise DataError(f"There is no {kind} {name!r}. Known are {len(ids)}, such as {', '.join(map(repr, ids[:3]))}.")
    return row


def load(folder: str | Path) -> Pipeline:
    """Read what `Pipeline.save` wrote; raises `SavedError` where it is damaged or from another format."""
    from tastemaker.pipeline.saving import load as read

    return read(Path(folder))

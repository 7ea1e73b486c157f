"""One split on which all models stand alike: the same vectors, the same users, the same items to list."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, Run
from tastemaker.data import Dataset, FeatureSet, ItemVectors, Recommendations, Split
from tastemaker.data.join import join
from tastemaker.evaluation.asking import Asker, users_with_answers
from tastemaker.evaluation.base import Recommends
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.chosen import choose
from tastemaker.evaluation.evaluate import CURVE, measure_lists
from tastemaker.evaluation.report import Report
from tastemaker.models.base import Recommender
from tastemaker.pipeline import Pipeline

Allowed = NDArray[np.bool_] | None
OBJECTIVE = "ndcg"


@dataclass(frozen=True)
class Ground:
    """Data to learn from, data to be found, and a described pipeline that models are put into.

    Attributes:
        pipeline: Vectors made from `known` alone; its model is of no matter.
        known: What is learned from, and what histories are made of.
        held: What is to be found.
        allowed: Items that may be listed, bool, shape (n_items,); None: all.
    """

    pipeline: Pipeline
    known: Dataset
    held: Dataset
    allowed: Allowed

    def fitted(self, model: Recommender, run: Run) -> Pipeline:
        """`model` over the vectors that are there, fitted."""
        return self.pipeline.with_model(model).refit(self.known, run=run)

    def lists(self, asked: Recommends, depth: int, run: Run) -> Recommendations:
        """Lists for every user with an answer."""
        return Asker(asked, self.known, depth, self.allowed, run).lists(self.users)

    @cached_property
    def users(self) -> NDArray[np.int32]:
        """Rows of the users who are asked for, (q,)."""
        return users_with_answers(self.held)


@dataclass(frozen=True)
class Bench:
    """All that models have in common in one comparison.

    Attributes:
        template: The pipeline's encoders, fusion and whitening.
        features: The encoders' vectors, extracted once.
        split: Its validation part chooses settings, its test part is shown to chosen ones alone.
        candidates: For what is known and what is held out, which items may be listed (None: all).
        k: Length of the lists.
        vectors: For diversity: vectors that no model uses.
        run: Seed, device, progress.
    """

    template: Pipeline
    features: FeatureSet
    split: Split
    candidates: Any
    k: int = 10
    vectors: ItemVectors | None = None
    run: Run = field(default_factory=Run)

    @cached_property
    def choosing(self) -> Ground:
        """Learn from training, find the validation; raises `DataError` where nothing is held out to choose by."""
        if not (self.split.validation.interactions.sign > 0).any():
            raise DataError(
                "The split holds out no positive interaction for validation: there is nothing to choose by."
            )
        return self._ground(self.split.train, self.split.validation)

    @cached_property
    def testing(self) -> Ground:
        """Learn from training and validation, find the test."""
        return self._ground(join(self.split.train, self.split.validation), self.split.test)

    def score(self, model: Recommender) -> float:
        """Mean NDCG at `k` on the validation."""
        ground = self.choosing
        recs = ground.lists(ground.fitted(model, self.run), self.k, self.run)
        metric = METRICS.build({"name": OBJECTIVE, "k": self.k})
        return float(np.nanmean(metric.measure(recs, ground.held, ground.known)))

    def measured(self, recs: Recommendations) -> Report:
        """All metrics of test lists."""
        ground, chosen = self.testing, choose(None, self.k)
        return measure_lists(
            recs,
            ground.known,
            ground.held,
            chosen=chosen,
            k=self.k,
            items=self.vectors,
            seed=self.run.seed,
            allowed=ground.allowed,
        )

    @property
    def depth(self) -> int:
        """Places that lists need for all metrics and the recall curve."""
        return max(self.k, CURVE)

    def seeded(self, seed: int) -> Run:
        """The run with another seed."""
        return replace(self.run, seed=seed)

    def with_features(self, features: FeatureSet) -> Ground:
        """The test with other vectors of the items."""
        return self._ground(self.testing.known, self.split.test, features)

    def after(self, known: Dataset) -> Ground:
        """The test after other behaviour, of the same items and, first, of the same users."""
        return replace(self._ground(known, self.split.test), allowed=self.testing.allowed)

    def _ground(self, known: Dataset, held: Dataset, features: FeatureSet | None = None) -> Ground:
        pipeline = self.template.with_model(self.template.model)
        pipeline.describe(known, self.features if features is None else features, run=self.run)
        return Ground(pipeline, known, held, self.candidates(known, held))

"""Names of metrics."""

from __future__ import annotations

from tastemaker.core import Catalog
from tastemaker.evaluation.base import ExposureMetric, Metric, RatingMetric

METRICS: Catalog[Metric] = Catalog("metric")
EXPOSURE_METRICS: Catalog[ExposureMetric] = Catalog("exposure metric")
RATING_METRICS: Catalog[RatingMetric] = Catalog("rating metric")


@METRICS.entry("precision")
def _precision() -> type[Metric]:
    from tastemaker.evaluation.metrics.precision import Precision

    return Precision


@METRICS.entry("recall")
def _recall() -> type[Metric]:
    from tastemaker.evaluation.metrics.recall import Recall

    return Recall


@METRICS.entry("f1")
def _f1() -> type[Metric]:
    from tastemaker.evaluation.metrics.f1 import F1

    return F1


@METRICS.entry("hit")
def _hit() -> type[Metric]:
    from tastemaker.evaluation.metrics.hit import Hit

    return Hit


@METRICS.entry("ndcg")
def _ndcg() -> type[Metric]:
    from tastemaker.evaluation.metrics.ndcg import NDCG

    return NDCG


@METRICS.entry("map")
def _map() -> type[Metric]:
    from tastemaker.evaluation.metrics.map import MAP

    return MAP


@METRICS.entry("mrr")
def _mrr() -> type[Metric]:
    from tastemaker.evaluation.metrics.mrr import MRR

    return MRR


@METRICS.entry("user_coverage")
def _user_coverage() -> type[Metric]:
    from tastemaker.evaluation.metrics.user_coverage import UserCoverage

    return UserCoverage


@METRICS.entry("diversity")
def _diversity() -> type[Metric]:
    from tastemaker.evaluation.metrics.diversity import Diversity

    return Diversity


@METRICS.entry("novelty")
def _novelty() -> type[Metric]:
    from tastemaker.evaluation.metrics.novelty import Novelty

    return Novelty


@METRICS.entry("serendipity")
def _serendipity() -> type[Metric]:
    from tastemaker.evaluation.metrics.serendipity import Serendipity

    return Serendipity


@METRICS.entry("popularity_lift")
def _popularity_lift() -> type[Metric]:
    from tastemaker.evaluation.metrics.popularity_lift import PopularityLift

    return PopularityLift


@METRICS.entry("calibration")
def _calibration() -> type[Metric]:
    from tastemaker.evaluation.metrics.calibration import Calibration

    return Calibration


@EXPOSURE_METRICS.entry("coverage")
def _coverage() -> type[ExposureMetric]:
    from tastemaker.evaluation.metrics.coverage import Coverage

    return Coverage


@EXPOSURE_METRICS.entry("gini")
def _gini() -> type[ExposureMetric]:
    from tastemaker.evaluation.metrics.gini import Gini

    return Gini


@EXPOSURE_METRICS.entry("entropy")
def _entropy() -> type[ExposureMetric]:
    from tastemaker.evaluation.metrics.entropy import Entropy

    return Entropy


@RATING_METRICS.entry("rmse")
def _rmse() -> type[RatingMetric]:
    from tastemaker.evaluation.metrics.rmse import RMSE

    return RMSE


@RATING_METRICS.entry("mae")
def _mae() -> type[RatingMetric]:
    from tastemaker.evaluation.metrics.mae import MAE

    return MAE


@RATING_METRICS.entry("accuracy")
def _accuracy() -> type[RatingMetric]:
    from tastemaker.evaluation.metrics.accuracy import Accuracy

    return Accuracy


@RATING_METRICS.entry("auc")
def _auc() -> type[RatingMetric]:
    from tastemaker.evaluation.metrics.auc import AUC

    return AUC

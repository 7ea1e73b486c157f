"""Names of metrics."""

from tastemaker.core import Catalog
from tastemaker.evaluation.base import Metric, RatingMetric

METRICS: Catalog[Metric] = Catalog("metric")
RATING_METRICS: Catalog[RatingMetric] = Catalog("rating metric")

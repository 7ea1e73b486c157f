"""The catalogs as namespaces: ``tm.models.ItemKNN()``, ``tm.encoders.MiniLM()``, ..."""

from __future__ import annotations

from tastemaker.core.namespace import Namespace
from tastemaker.data.catalog import SPLITTERS
from tastemaker.evaluation.catalog import EXPOSURE_METRICS, METRICS, RATING_METRICS
from tastemaker.features.catalog import ENCODERS
from tastemaker.fusion.catalog import FUSIONS
from tastemaker.models.catalog import RECOMMENDERS

encoders = Namespace(ENCODERS)
fusions = Namespace(FUSIONS)
metrics = Namespace(METRICS, EXPOSURE_METRICS, RATING_METRICS)
models = Namespace(RECOMMENDERS)
splitters = Namespace(SPLITTERS)

"""Generated catalogues with every modality, known hidden factors and the true preferences beside them."""

from tastemaker.data.worlds.make import WorldSummary, make_world
from tastemaker.data.worlds.settings import WorldSettings, parse_settings
from tastemaker.data.worlds.truth import Oracle, Truth, oracle_scores, read_truth

__all__ = [
    "Oracle",
    "Truth",
    "WorldSettings",
    "WorldSummary",
    "make_world",
    "oracle_scores",
    "parse_settings",
    "read_truth",
]

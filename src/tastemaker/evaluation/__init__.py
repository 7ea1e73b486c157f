"""How good the lists are."""

from tastemaker.evaluation.compare import Comparison, compare
from tastemaker.evaluation.evaluate import evaluate
from tastemaker.evaluation.lists import evaluate_lists
from tastemaker.evaluation.ratings import RatingReport, evaluate_ratings
from tastemaker.evaluation.report import Gap, Report, Slice, side_by_side

__all__ = [
    "Comparison",
    "Gap",
    "RatingReport",
    "Report",
    "Slice",
    "compare",
    "evaluate",
    "evaluate_lists",
    "evaluate_ratings",
    "side_by_side",
]

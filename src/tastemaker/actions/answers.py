"""What `run` answers: one table of models, how they differ, and where the report lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.look import extraction_json

if TYPE_CHECKING:
    from tastemaker.actions.learn import Prepared
    from tastemaker.actions.samples import Sample
    from tastemaker.evaluation.compare import Comparison
    from tastemaker.evaluation.ratings import RatingReport
    from tastemaker.evaluation.report import Report

SHOWN = ("recall", "ndcg", "hit", "map", "mrr", "precision", "coverage", "gini", "diversity", "novelty")


@dataclass(frozen=True)
class Cut:
    """How the data were cut, in words and numbers."""

    how: str
    train: int
    validation: int
    test: int
    candidates: str

    @property
    def line(self) -> str:
        """One line."""
        return (
            f"split {self.how}: {self.train} train, {self.validation} validation, {self.test} test; "
            f"lists hold {self.candidates}"
        )


@dataclass(frozen=True)
class RunAnswer:
    """The answer of `run`.

    Attributes:
        prepared: What was read and encoded.
        cut: How it was split.
        reports: One a model, the chosen model first.
        comparisons: The chosen model against each other one, on the same users.
        ratings: Predicted ratings of the test pairs, where the model predicts them.
        accuracy: Share of right yes / no answers beside the majority share, on train and on test.
        samples: Lists of a few users.
        out: The saved pipeline, with report.html and report.json.
    """

    prepared: Prepared
    cut: Cut
    reports: tuple[Report, ...]
    comparisons: tuple[Comparison, ...]
    ratings: tuple[RatingReport, ...]
    accuracy: dict[str, dict[str, float]]
    samples: tuple[Sample, ...]
    out: Path

    def text(self) -> str:
        """For the terminal."""
        from tastemaker.evaluation.report import side_by_side

        k = self.reports[0].k
        parts = [
            self._headline(),
            self.cut.line,
            f"{len(self.reports[0].users)} test users, lists of {k}:",
            side_by_side(self.reports, [name for name in SHOWN if name in self.reports[0].measures]),
            *(self._difference(c) for c in self.comparisons),
            *(report.table() for report in self.ratings),
            *(
                f"accuracy on {part}: {a['accuracy']:.4f} (majority {a['majority']:.4f})"
                for part, a in self.accuracy.items()
            ),
            f"pipeline, report.html and report.json: {self.out}",
        ]
        return "\n".join(parts)

    def _headline(self) -> str:
        receipt = self.prepared.reading.receipt
        after = receipt.after
        cleaned = sum(rule.hits for rule in receipt.rules if rule.action in ("dropped", "repaired"))
        return (
            f"{receipt.source}: {after.rows} interactions, {after.users} users, {after.items} items "
            f"({cleaned} rows or values cleaned: see `tastemaker read`)"
        )

    def lists(self) -> str:
        """The sample users' lists with titles."""
        return "\n".join(sample.text() for sample in self.samples)

    def to_json(self) -> Any:
        """For programs."""
        return {
            "out": str(self.out),
            "split": self.cut.line,
            "receipt": self.prepared.reading.receipt.to_json(),
            "features": extraction_json(self.prepared.extraction),
            "models": [report.to_json() for report in self.reports],
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "ratings": [report.to_json() for report in self.ratings],
            "accuracy": self.accuracy,
            "seconds": self.prepared.clock.seconds,
        }

    @staticmethod
    def _difference(comparison: Comparison) -> str:
        found = comparison["ndcg"]
        verdict = "better" if found.low > 0 else "worse" if found.high < 0 else "not different"
        return (
            f"{comparison.a} against {comparison.b}: NDCG {found.mean:+.4f} "
            f"[{found.low:+.4f}, {found.high:+.4f}], {verdict}"
        )

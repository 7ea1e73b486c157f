"""The report of a run: ``report.html`` for people, ``report.json`` for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tastemaker.core import settings_of, spec_of
from tastemaker.evaluation.document import ReportDocument, SampleUser
from tastemaker.evaluation.html import write_report

if TYPE_CHECKING:
    from tastemaker.actions.answers import RunAnswer
    from tastemaker.pipeline import Pipeline


def write(answer: RunAnswer, pipeline: Pipeline) -> None:
    """Write both files into the folder of the saved pipeline."""
    receipt = answer.prepared.reading.receipt
    write_report(
        answer.out,
        ReportDocument(
            title=f"{receipt.source.rstrip('/').rsplit('/', 1)[-1]}: {pipeline.model.name}",
            reports=answer.reports,
            summary=_summary(answer),
            settings=_settings(answer, pipeline),
            notes=(answer.cut.line, *_accuracies(answer)),
            comparisons=answer.comparisons,
            ratings=answer.ratings,
            modalities={name: (share.items, share.interactions) for name, share in receipt.shares.items()},
            weights=_weights(pipeline),
            samples=tuple(SampleUser(s.user, s.liked, tuple((t, "") for t in s.listed)) for s in answer.samples),
            broken=tuple((b.item, b.path, b.reason) for b in answer.prepared.extraction.broken),
            seconds=answer.prepared.clock.seconds,
            files={"pipeline": str(answer.out), "data": receipt.source},
        ),
    )


def _summary(answer: RunAnswer) -> dict[str, Any]:
    receipt = answer.prepared.reading.receipt
    rules = {rule.name: f"{rule.hits} {rule.action}" for rule in receipt.rules}
    return {**asdict(receipt.after), "clock": receipt.clock, "cleaning": rules}


def _settings(answer: RunAnswer, pipeline: Pipeline) -> dict[str, Any]:
    return {
        "data": settings_of(answer.prepared.config.data),
        "split": answer.cut.how,
        "encoders": [spec_of(encoder) for encoder in pipeline.encoders],
        "whiten": settings_of(pipeline.whiten),
        "impute": settings_of(pipeline.impute),
        "comments": settings_of(pipeline.comments),
        "fusion": spec_of(pipeline.fusion),
        "model": spec_of(pipeline.model),
    }


def _accuracies(answer: RunAnswer) -> list[str]:
    return [
        f"accuracy on the {part} set {found['accuracy']:.4f}, majority share {found['majority']:.4f}"
        for part, found in answer.accuracy.items()
    ]


def _weights(pipeline: Pipeline) -> dict[str, tuple[float, float]]:
    """Mean share and spread over the items of each source in the fused vectors."""
    if len(pipeline.features) < 2 or pipeline.items is None:
        return {}
    from tastemaker.fusion import shares

    found = shares(pipeline.fusion, pipeline.features)[pipeline.items.known]
    names = sorted(pipeline.features)
    return {name: (float(found[:, n].mean()), float(found[:, n].std())) for n, name in enumerate(names)}

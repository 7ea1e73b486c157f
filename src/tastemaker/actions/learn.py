"""Learning from a folder: run (measured) and fit (all interactions are training)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tastemaker.actions.choose import encoders_for
from tastemaker.actions.config import Config, load_config
from tastemaker.actions.look import extraction_json, reading
from tastemaker.core import BadSetting, Run
from tastemaker.core.component import refused
from tastemaker.core.threads import limit_threads
from tastemaker.data import Dataset

if TYPE_CHECKING:
    from tastemaker.actions.answers import RunAnswer
    from tastemaker.data.held_out import Asked
    from tastemaker.data.read import Reading
    from tastemaker.features.extract import Extraction
    from tastemaker.pipeline import Pipeline

T = TypeVar("T")


@dataclass(frozen=True)
class FitRequest:
    """What is learned from, where the pipeline goes, and what its lists will be for (see `Auto.asked`)."""

    folder: Path
    out: Path
    config: Path | None = None
    model: str | None = None
    verify: bool = False
    run: Run = field(default_factory=Run)
    asked: Asked | None = None


@dataclass(frozen=True)
class RunRequest(FitRequest):
    """The same with how test data are held out and how long the measured lists are."""

    split: str | None = None
    k: int | None = None


@dataclass
class Clock:
    """Seconds of each stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, run: Run) -> Iterator[None]:
        """Time one stage and say that it has ended."""
        start = time.perf_counter()
        yield
        taken = time.perf_counter() - start
        self.seconds[name] = round(self.seconds.get(name, 0.0) + taken, 3)
        run.say(f"{name}: {taken:.1f} s")


@dataclass(frozen=True)
class Prepared:
    """A folder read and encoded, and what its settings are."""

    config: Config
    reading: Reading
    extraction: Extraction
    encoders: list[Any]
    clock: Clock

    @property
    def data(self) -> Dataset:
        """The cleaned data set."""
        return self.reading.data


@dataclass(frozen=True)
class Fitted:
    """The answer of `fit`."""

    prepared: Prepared
    out: Path
    model: str

    def text(self) -> str:
        """What was learned and where it lies."""
        data, log = self.prepared.data, self.prepared.data.interactions
        return f"{self.model} learned from {len(log)} interactions of {len(data.users)} users -> {self.out}"

    def to_json(self) -> Any:
        """Counts, seconds and the folder."""
        return {
            "out": str(self.out),
            "model": self.model,
            "interactions": len(self.prepared.data.interactions),
            "features": extraction_json(self.prepared.extraction),
            "seconds": self.prepared.clock.seconds,
        }


def fit(request: FitRequest) -> Fitted:
    """Learn from all interactions of a folder and save the pipeline."""
    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, model=request.model)
        _check_out(request.out)
        prepared = prepare(request, config)
        pipeline = _for(make_pipeline(prepared, request.run), request.asked)
        with prepared.clock.stage("fit", request.run):
            pipeline.fit(prepared.data, raw=prepared.extraction.features, run=request.run)
        pipeline.save(request.out)
    return Fitted(prepared, request.out, pipeline.model.name)


def run(request: RunRequest) -> RunAnswer:
    """Read, clean, split, encode, fuse, fit, measure, refit on everything; save and report."""
    from tastemaker.actions.measured import measure

    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, model=request.model, split=request.split, k=request.k)
        _check_out(request.out)
        prepared = prepare(request, config)
        return measure(prepared, make_pipeline(prepared, request.run), request.out, request.run)


def prepare(request: FitRequest, config: Config) -> Prepared:
    """Read the folder and encode its content."""
    from tastemaker.features.extract import extract

    clock = Clock()
    with clock.stage("read", request.run):
        read = reading(request.folder, config, request.run)
    encoders = encoders_for(read.data, config.encoders, request.run.say)
    with clock.stage("encode", request.run):
        extraction = extract(read.data, encoders, run=request.run, verify=request.verify)
    return Prepared(config, read, extraction, encoders, clock)


def make_pipeline(prepared: Prepared, run: Run) -> Pipeline:
    """The pipeline that the settings describe, not fitted yet."""
    return pipeline_of(prepared.config, prepared.encoders)


def pipeline_of(config: Config, encoders: Sequence[Any]) -> Pipeline:
    """The same of encoders that are there."""
    from tastemaker.features.comments import Comments
    from tastemaker.features.whiten import Whiten
    from tastemaker.fusion.catalog import FUSIONS
    from tastemaker.fusion.impute import Impute
    from tastemaker.models.catalog import RECOMMENDERS
    from tastemaker.pipeline import Pipeline

    return Pipeline(
        model=RECOMMENDERS.build(config.model),
        encoders=encoders,
        fusion=FUSIONS.build(config.fusion),
        whiten=_told(Whiten, "whiten", config.whiten),
        impute=_told(Impute, "impute", config.impute),
        comments=_told(Comments, "comments", config.comments),
        log=config.data,
    )


def _for(pipeline: Pipeline, asked: Asked | None) -> Pipeline:
    """The same, choosing by what its lists will be for."""
    from tastemaker.models.auto import Auto

    if asked is None:
        return pipeline
    if not isinstance(pipeline.model, Auto):
        raise BadSetting(
            f"--for says what 'auto' chooses by; the model is {pipeline.model.name!r}, which is not chosen."
        )
    pipeline.model = replace(pipeline.model, asked=asked)
    return pipeline


def _told(made: Callable[..., T], table: str, settings: Mapping[str, Any]) -> T:
    """A component from a table of the settings."""
    import pydantic

    try:
        return made(**settings)
    except pydantic.ValidationError as error:
        raise refused(f"The table [{table}] has settings that cannot be taken:", error) from error


def _check_out(out: Path) -> None:
    """Refuse before any work a folder that could not be written at its end."""
    from tastemaker.pipeline.saving import refuse_strange

    refuse_strange(out)

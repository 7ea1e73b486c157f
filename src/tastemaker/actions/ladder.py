"""What a larger encoder buys on the user's own data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import Config, load_config
from tastemaker.core import BadSetting, Run, TastemakerError
from tastemaker.core.threads import limit_threads

if TYPE_CHECKING:
    from tastemaker.data import Dataset
    from tastemaker.features.base import Encoder
    from tastemaker.learning.bench import Bench
    from tastemaker.learning.ladder import Rung


@dataclass(frozen=True)
class LadderRequest:
    """Which encoders are compared, on what.

    Attributes:
        folder: The data folder.
        out: Where the page and the figures go.
        encoders: Names with commas, small ones first; None takes those of ``[[encoders]]`` in the configuration.
        model: A recommender that ranks by content.
        split: How test data are held out.
        config: Settings over the folder's ``tastemaker.toml``.
        k: Length of the lists.
        run: Seed, threads, progress.
    """

    folder: Path
    out: Path
    encoders: str | None = "tfidf,use,minilm,smollm"
    model: str = "content"
    split: str = "cold_items"
    config: Path | None = None
    k: int | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Climbed:
    """The answer of `ladder`."""

    rungs: tuple[Rung, ...]
    failed: Mapping[str, str]
    out: Path

    def text(self) -> str:
        """A table, and where the page lies."""
        from tastemaker.learning.ladder_page import text

        return f"{text(self.rungs)}\nladder.html and ladder.json: {self.out}"

    def to_json(self) -> Any:
        """What ``ladder.json`` holds."""
        return {"encoders": [rung.to_json() for rung in self.rungs], "failed": dict(self.failed)}


def ladder(request: LadderRequest) -> Climbed:
    """Fit the model on the vectors of each encoder alone, measure lists and costs, and draw both.

    Raises:
        TastemakerError: the folder cannot be read, or no encoder could be used.
    """
    from tastemaker.core.files import write_json, write_text
    from tastemaker.learning.ladder import climb
    from tastemaker.learning.ladder_page import render

    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, split=request.split, k=request.k)
        encoders = _encoders(request, config)
        data, bench, how = _bench(request, config)
        rungs, failed = climb(data, bench, encoders, request.model)
    if not rungs:
        raise TastemakerError("No encoder could be used. " + "; ".join(f"{n}: {why}" for n, why in failed.items()))
    done = Climbed(tuple(rungs), failed, request.out)
    facts = {"items": len(data.items), "test users": len(bench.testing.users), "split": how, "model": request.model}
    write_json(request.out / "ladder.json", done.to_json())
    title = f"{request.folder.resolve().name}: what a larger encoder buys"
    write_text(request.out / "ladder.html", render(title, facts, rungs, failed))
    return done


def _encoders(request: LadderRequest, config: Config) -> list[Encoder]:
    from tastemaker.features.catalog import ENCODERS

    named = request.encoders.split(",") if request.encoders else list(config.encoders or ())
    if not named:
        raise BadSetting("Name encoders: --encoders tfidf,use,minilm, or encoders = [...] in the configuration.")
    return [ENCODERS.build(name.strip() if isinstance(name, str) else name) for name in named]


def _bench(request: LadderRequest, config: Config) -> tuple[Dataset, Bench, str]:
    """The data, the split without any vectors yet, and how it was cut."""
    from tastemaker.actions.holdout import candidates, split_of
    from tastemaker.actions.learn import FitRequest, make_pipeline, prepare
    from tastemaker.learning.bench import Bench

    bare = replace(config, encoders=[], fusion={"name": "concat"})
    prepared = prepare(FitRequest(request.folder, request.out, run=request.run), bare)
    how, parts = split_of(prepared, request.run)
    template = make_pipeline(prepared, request.run)
    bench = Bench(template, {}, parts, partial(candidates, how), k=config.k, run=request.run)
    return prepared.data, bench, how

"""Comparing many models on equal terms: compare.json, compare.html and compare.md."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.bench import Benched, bench_of
from tastemaker.actions.config import load_config
from tastemaker.core import BadSetting, Run, TastemakerError
from tastemaker.core.threads import limit_threads
from tastemaker.learning.limits import Limits, span

if TYPE_CHECKING:
    from tastemaker.learning.board import Board


@dataclass(frozen=True)
class CompareRequest:
    """Which models are compared, on what, with how much tuning.

    Attributes:
        folder: The data folder.
        out: Where the work and the tables go; a second call goes on from there.
        models: Names with commas, "families" or "all".
        split: How test data are held out; None decides by the data.
        seeds: Number of training seeds, from the run's seed on.
        limits: Tuning of each model.
        config: Settings over the folder's ``tastemaker.toml``.
        k: Length of the lists.
        run: Seed, threads, progress.
    """

    folder: Path
    out: Path
    models: str = "families"
    split: str | None = None
    seeds: int = 1
    limits: Limits = field(default_factory=Limits)
    config: Path | None = None
    k: int | None = None
    run: Run = field(default_factory=Run)

    @property
    def command(self) -> str:
        """The command that makes the comparison again."""
        words = ["tastemaker", "compare", self.folder.name, "--models", self.models]
        words += ["--split", self.split] if self.split else []
        words += ["--config", self.config.name] if self.config else []
        words += ["-k", str(self.k)] if self.k else []
        words += ["--seed", str(self.run.seed)] if self.run.seed else []
        words += ["--seeds", str(self.seeds), "--trials", str(self.limits.trials)]
        words += ["--budget", f"{self.limits.seconds:g}s"] if self.limits.seconds else []
        return shlex.join([*words, "--out", self.out.name])


@dataclass(frozen=True)
class Compared:
    """The answer of `compare`."""

    board: Board
    out: Path

    def text(self) -> str:
        """The Markdown page, and where the others lie."""
        from tastemaker.learning.markdown import markdown

        return f"{markdown(self.board)}\ncompare.html, compare.md and compare.json: {self.out}"

    def to_json(self) -> Any:
        """What ``compare.json`` holds."""
        return self.board.to_json()


def compare(request: CompareRequest) -> Compared:
    """Tune each model on validation, measure it on test once a seed, and write one table.

    Raises:
        TastemakerError: the folder cannot be read, or no model could run.
    """
    from tastemaker.core.files import write_json, write_text
    from tastemaker.learning.families import chosen
    from tastemaker.learning.markdown import markdown
    from tastemaker.learning.page import render

    if request.seeds < 1:
        raise BadSetting(f"At least 1 seed is needed (got {request.seeds}).")
    names = chosen(request.models)
    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, split=request.split, k=request.k)
        benched = bench_of(request.folder, config, request.out, request.run)
        board = _board(request, benched, names)
    write_json(request.out / "compare.json", board.to_json())
    write_text(request.out / "compare.md", markdown(board))
    write_text(request.out / "compare.html", render(board))
    if not board.entries:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in board.failed.items())
        raise TastemakerError(f"None of the models could run. {reasons}")
    return Compared(board, request.out)


def _board(request: CompareRequest, benched: Benched, names: list[str]) -> Board:
    from tastemaker.learning.board import Board
    from tastemaker.learning.comparing import Comparing, baseline, differences

    seeds = tuple(range(request.run.seed, request.run.seed + request.seeds))
    comparing = Comparing(benched.bench, request.limits, seeds, benched.journal, benched.specs)
    entries, failed = comparing.run(names)
    base = baseline(entries)
    return Board(
        title=f"{benched.title}: {len(entries)} models compared",
        command=request.command,
        facts=benched.facts,
        entries=tuple(entries),
        failed=failed,
        baseline=base,
        differences=differences(entries, base, request.run.seed),
        seeds=seeds,
        limits=limits_text(request.limits),
        notes=() if base else ("None of the models is a simple baseline, so no differences are tested.",),
    )


def limits_text(limits: Limits) -> str:
    """Such as "at most 30 trials, 5:00 min of tuning"."""
    trials = f"at most {limits.trials} trial{'s' if limits.trials > 1 else ''}"
    return trials if limits.seconds is None else f"{trials}, {span(limits.seconds)} of tuning"

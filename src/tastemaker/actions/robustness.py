"""How models bear missing and wrong content, fake ratings and little behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.bench import bench_of
from tastemaker.actions.config import load_config
from tastemaker.core import Run, TastemakerError
from tastemaker.core.threads import limit_threads

if TYPE_CHECKING:
    from tastemaker.learning.enduring import Curve


@dataclass(frozen=True)
class RobustnessRequest:
    """What is harmed, how, and who must bear it.

    Attributes:
        folder: The data folder.
        out: Where the work and the page go; a second call goes on from there.
        models: Names with commas.
        harms: Kinds with commas (see `learning.harms`), or "all".
        split: How test data are held out; None decides by the data.
        config: Settings over the folder's ``tastemaker.toml``.
        k: Length of the lists.
        run: Seed, threads, progress.
    """

    folder: Path
    out: Path
    models: str = "content"
    harms: str = "all"
    split: str | None = None
    config: Path | None = None
    k: int | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Endured:
    """The answer of `robustness`."""

    curves: tuple[Curve, ...]
    failed: Mapping[str, str]
    out: Path

    def text(self) -> str:
        """The figures, and where the page lies."""
        from tastemaker.learning.enduring_page import text

        return f"{text(self.curves)}\nrobustness.html and robustness.json: {self.out}"

    def to_json(self) -> Any:
        """What ``robustness.json`` holds."""
        return {"curves": [curve.to_json() for curve in self.curves], "failed": dict(self.failed)}


def robustness(request: RobustnessRequest) -> Endured:
    """Fit each model after each dose of each harm, measure it on the same test, and draw the curves.

    Raises:
        TastemakerError: the folder cannot be read, or no model could run.
    """
    from tastemaker.core.files import write_json, write_text
    from tastemaker.learning.enduring import Enduring
    from tastemaker.learning.enduring_page import render
    from tastemaker.learning.families import chosen
    from tastemaker.learning.harms import KINDS

    names = chosen(request.models)
    kinds = KINDS if request.harms == "all" else [kind.strip() for kind in request.harms.split(",") if kind.strip()]
    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, split=request.split, k=request.k)
        benched = bench_of(request.folder, config, request.out, request.run)
        curves, failed = Enduring(benched.bench, benched.journal, benched.specs).run(names, kinds)
    if not curves:
        raise TastemakerError("None of the models could run. " + "; ".join(f"{n}: {why}" for n, why in failed.items()))
    done = Endured(tuple(curves), failed, request.out)
    write_json(request.out / "robustness.json", done.to_json())
    title = f"{benched.title}: what {', '.join(names)} can bear"
    write_text(request.out / "robustness.html", render(title, benched.facts, curves, failed))
    return done

"""Exploring a folder: one page about what is in the data and what to fix or collect first."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.choose import encoders_for
from tastemaker.actions.config import load_config
from tastemaker.actions.look import reading
from tastemaker.core import BadSetting, Run
from tastemaker.core.threads import limit_threads

if TYPE_CHECKING:
    from tastemaker.data import Dataset, FeatureSet
    from tastemaker.learning.exploring.explored import Explored

LEAST = 10  # items that a look needs


@dataclass(frozen=True)
class ExploreRequest:
    """What is looked at, and where the page goes.

    Attributes:
        folder: The data folder.
        out: The page; None writes ``explore.html`` where the command is called.
        config: Settings over the folder's ``tastemaker.toml``.
        items: Items whose content is read; None takes the usual number.
        run: Seed, threads, progress.
    """

    folder: Path
    out: Path | None = None
    config: Path | None = None
    items: int | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class ExploreAnswer:
    """What was found, and where the page lies."""

    found: Explored
    out: Path

    def text(self) -> str:
        """A short summary."""
        from tastemaker.learning.exploring.summary import summary

        return f"{summary(self.found)}\n\nwritten: {self.out}"

    def to_json(self) -> Any:
        """Everything that was found, and the page."""
        return {**self.found.to_json(), "page": str(self.out)}


def explore(request: ExploreRequest) -> ExploreAnswer:
    """Read a folder, look at everything in it, and write the page.

    Raises:
        DataError: the folder cannot be read.
        BadSetting: settings that cannot be taken, or a page that is a folder.
    """
    from tastemaker.core.files import write_text
    from tastemaker.learning.exploring.explore import Bounds
    from tastemaker.learning.exploring.explore import explore as look
    from tastemaker.learning.exploring.page import render

    out = request.out or Path("explore.html")
    if out.is_dir():
        raise BadSetting(f"{out} is a folder; expected the name of a page, such as --out {out / 'explore.html'}.")
    if request.items is not None and request.items < LEAST:
        raise BadSetting(f"At least {LEAST} items are looked at (got {request.items}).")
    config = load_config(request.folder, request.config)
    with limit_threads(request.run.threads):
        data = reading(request.folder, config, request.run).data

        def encode(thin: Dataset) -> FeatureSet:
            from tastemaker.features.extract import extract

            return extract(thin, encoders_for(thin, config.encoders, request.run.say), run=request.run).features

        bounds = Bounds() if request.items is None else Bounds(items=request.items, pictures=request.items)
        found = look(data, encode, bounds, request.run)
    write_text(out, render(found))
    return ExploreAnswer(found, out)

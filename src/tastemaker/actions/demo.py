"""The demonstration: MovieLens-100K and a generated world from end to end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.core import Run

if TYPE_CHECKING:
    from tastemaker.actions.answers import RunAnswer

SECONDS = 60.0  # that `auto` may take for each; without a demonstration it has five minutes


@dataclass(frozen=True)
class DemoRequest:
    """Where the demonstration goes."""

    out: Path = Path("demo")
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Demo:
    """Two runs."""

    movies: RunAnswer
    world: RunAnswer

    def text(self) -> str:
        """Both tables, a few lists, and where the reports lie."""
        parts = (
            ("MovieLens-100K: behaviour, titles and genres", self.movies),
            ("A generated world", self.world),
        )
        shown = [f"== {head}\n{made.text()}\n\n{made.lists()}" for head, made in parts]
        return "\n\n".join([*shown, "Lists over HTTP: make serve, or tastemaker serve and one of the folders *.tm"])

    def to_json(self) -> Any:
        """Both answers."""
        return {"movielens-100k": self.movies.to_json(), "world": self.world.to_json()}


def demo(request: DemoRequest) -> Demo:
    """Pull MovieLens-100K, make a world, run both, and report."""
    from tastemaker.actions.learn import RunRequest, run
    from tastemaker.core.places import home
    from tastemaker.data.pull import pull
    from tastemaker.data.worlds import WorldSettings, make_world

    told = replace(request.run, seconds=request.run.seconds or SECONDS)
    movies = pull("movielens-100k", run=told)
    world = home() / "data" / f"world-{told.seed}"
    if not (world / "interactions.csv").is_file():
        make_world(world, WorldSettings(seed=told.seed), run=told)
    out = request.out
    return Demo(
        run(RunRequest(movies, out / "movielens-100k.tm", run=told)),
        run(RunRequest(world, out / "world.tm", run=told)),
    )

"""Settings of one model, chosen on the validation: tune.json and a configuration for `run` and `fit`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.bench import bench_of
from tastemaker.actions.config import load_config
from tastemaker.core import Run
from tastemaker.core.threads import limit_threads
from tastemaker.learning.limits import Limits

if TYPE_CHECKING:
    from tastemaker.learning.tuning import Tuned

FORMAT = 1


@dataclass(frozen=True)
class TuneRequest:
    """Which model is tuned, on what, for how long.

    Attributes:
        folder: The data folder.
        out: Where the trials and the chosen settings go; a second call goes on from there.
        model: Name of a recommender.
        split: How test data are held out; None decides by the data. The test itself is not looked at.
        limits: When trials end.
        config: Settings over the folder's ``tastemaker.toml``.
        k: Length of the lists.
        run: Seed, threads, progress.
    """

    folder: Path
    out: Path
    model: str
    split: str | None = None
    limits: Limits = field(default_factory=Limits)
    config: Path | None = None
    k: int | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class TuneAnswer:
    """The answer of `tune`."""

    tuned: Tuned
    k: int
    out: Path

    def text(self) -> str:
        """What was found, and how it is used."""
        tuned = self.tuned
        lines = [
            f"{tuned.default['name']}: {len(tuned.trials)} trials, validation ndcg@{self.k} "
            f"{tuned.best.value:.4f} (default {tuned.trials[0].value:.4f})",
            *(f"  {name} = {_toml(value)}" for name, value in tuned.changed.items()),
            f"to use it: tastemaker run FOLDER --config {self.out / 'tuned.toml'} --out DIR",
        ]
        return "\n".join(lines)

    def to_json(self) -> Any:
        """Chosen settings and all trials."""
        return {
            "kind": "tuning",
            "format": FORMAT,
            "k": self.k,
            "chosen": self.tuned.spec,
            "changed": self.tuned.changed,
            "validation": self.tuned.best.value,
            "default": self.tuned.trials[0].value,
            "trials": [trial.to_json() for trial in self.tuned.trials],
        }


def tune(request: TuneRequest) -> TuneAnswer:
    """Try settings of a model on the validation and write the best as a configuration.

    Raises:
        TastemakerError: the folder cannot be read, or the model cannot do with its default settings.
    """
    from tastemaker.core.files import write_json, write_text
    from tastemaker.learning.tuning import tune as search

    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config, model=request.model, split=request.split, k=request.k)
        benched = bench_of(request.folder, config, request.out, request.run)
        spec = benched.specs[request.model]
        answer = TuneAnswer(search(benched.bench, spec, request.limits, benched.journal), config.k, request.out)
    write_json(request.out / "tune.json", answer.to_json())
    write_text(request.out / "tuned.toml", _config(spec, answer.tuned))
    return answer


def _config(spec: dict[str, Any], tuned: Tuned) -> str:
    """The model's table: what was set before, and what was chosen."""
    chosen = {**{k: v for k, v in spec.items() if k != "name"}, **tuned.changed}
    lines = [f"name = {_toml(tuned.default['name'])}", *(f"{name} = {_toml(value)}" for name, value in chosen.items())]
    return "[model]\n" + "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)

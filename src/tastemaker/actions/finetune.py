"""Adapting an encoder to the behaviour and texts of a folder, and what that is worth on items nobody has had."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import load_config
from tastemaker.core import DataError, Run
from tastemaker.core.threads import limit_threads

if TYPE_CHECKING:
    from tastemaker.actions.config import Config
    from tastemaker.features.base import Encoder
    from tastemaker.learning.finetune.settings import FinetuneSettings
    from tastemaker.learning.finetune.tuning import Outcome


@dataclass(frozen=True)
class FinetuneRequest:
    """What is tuned, on what, and where it goes.

    Attributes:
        folder: The data folder.
        out: Where the tuned encoder goes.
        encoder: Name of the base; its settings are those of the configuration where that names it.
        settings: Of the tuning, by name; see `FinetuneSettings`.
        config: Settings over the folder's ``tastemaker.toml``.
        run: Seed, threads, progress, time.
    """

    folder: Path
    out: Path
    encoder: str = "minilm"
    settings: dict[str, Any] = field(default_factory=dict)
    config: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class FinetuneAnswer:
    """The answer of `finetune`."""

    encoder: Encoder
    settings: FinetuneSettings
    outcome: Outcome
    out: Path

    def text(self) -> str:
        """Gain, cost, and how it is used."""
        outcome, gain = self.outcome, self.outcome.gain
        frozen, tuned = (r.measures["ndcg"].mean for r in (outcome.frozen, outcome.tuned))
        verdict = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not different"
        epochs = f"epoch {outcome.history.best_epoch} of {len(outcome.history.losses)}"
        source = ', source = "image"' if self.encoder.source == "image" else ""
        best = epochs if outcome.history.best_epoch else "no epoch: the encoder stays as it was"
        return "\n".join(
            [
                f"{self.encoder.name}, {self.settings.how}: {outcome.trained:,} numbers trained, "
                f"{outcome.step:.3f} s a step, kept {best}",
                f"{outcome.held} items held out as if new, {len(outcome.tuned.users)} users, content alone: NDCG@10 "
                f"frozen {frozen:.4f}, tuned {tuned:.4f}",
                f"gain {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}], {verdict} "
                "(these items also chose the epoch: a little too kind)",
                f'to use it: encoders = [{{name = "tuned", folder = "{self.out.absolute()}"{source}}}]',
            ]
        )

    def to_json(self) -> Any:
        """The same for programs."""
        return {
            "kind": "finetune",
            "encoder": self.encoder.name,
            "out": str(self.out),
            **notes(self.outcome, self.settings),
        }


def notes(outcome: Outcome, settings: FinetuneSettings) -> dict[str, Any]:
    """Gain and cost as plain values."""
    gain = outcome.gain
    return {
        "how": settings.how,
        "held_items": outcome.held,
        "users": len(outcome.tuned.users),
        "ndcg@10": {r.name: float(r.measures["ndcg"].mean) for r in (outcome.frozen, outcome.tuned)},
        "gain": {"mean": float(gain.mean), "low": float(gain.low), "high": float(gain.high)},
        "trained": outcome.trained,
        "seconds_a_step": outcome.step,
        "best_epoch": outcome.history.best_epoch,
        "losses": list(outcome.history.losses),
        "validation": list(outcome.history.scores),
        "stopped": outcome.history.stopped,
    }


def finetune(request: FinetuneRequest) -> FinetuneAnswer:
    """Tune an encoder on a folder and write it.

    Raises:
        TastemakerError: the folder, the encoder, the settings or the weights cannot be used.
    """
    from tastemaker.features.tuned import saved
    from tastemaker.features.tuned.base import base_of
    from tastemaker.learning.finetune.tuning import manifest

    saved.refuse_strange(request.out)
    with limit_threads(request.run.threads):
        config = load_config(request.folder, request.config)
        settings = _settings(request.settings)
        encoder = base_of(_spec(config, request.encoder))
        source, outcome = _tuned(request, config, encoder, settings)
        written = manifest(source, settings, outcome, notes(outcome, settings))
        saved.write(request.out, written, outcome.net.learned())
    _clear(request.run.checkpoints)
    return FinetuneAnswer(encoder, settings, outcome, request.out)


def _tuned(request: FinetuneRequest, config: Config, encoder: Any, settings: FinetuneSettings) -> Any:
    from tastemaker.actions.look import reading
    from tastemaker.learning.finetune.lesson import Lesson
    from tastemaker.learning.finetune.tuning import Source, finetune, refuse

    refuse(encoder, settings)
    data = reading(request.folder, config, request.run).data
    if not any(data.content.get(encoder.source, ())):
        raise DataError(
            f"The encoder {encoder.name!r} reads {encoder.source}, and no item of {request.folder} has any."
        )
    source = Source.of(data, encoder, settings.max_length, request.run)
    lesson = Lesson.of(data, source.states.present, settings.held, request.run.seed)
    return source, finetune(source, lesson, settings, request.run)


def _clear(checkpoints: Path | None) -> None:
    """Remove the checkpoints of a training that has ended well, and their folder where nothing else is in it."""
    if checkpoints is None or not checkpoints.is_dir():
        return
    for path in checkpoints.glob("training-*.safetensors"):
        path.unlink()
    if not any(checkpoints.iterdir()):
        checkpoints.rmdir()


def _settings(given: dict[str, Any]) -> FinetuneSettings:
    import pydantic

    from tastemaker.core.component import refused
    from tastemaker.learning.finetune.settings import FinetuneSettings

    try:
        return FinetuneSettings(**{name: value for name, value in given.items() if value is not None})
    except pydantic.ValidationError as error:
        raise refused("Tuning cannot take these settings:", error) from error


def _spec(config: Config, name: str) -> Any:
    """The encoder as the configuration sets it, else by its name alone."""
    for spec in config.encoders or ():
        if isinstance(spec, dict) and spec.get("name") == name:
            return spec
    return name

"""The one loop that trains every module of this package."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tastemaker.core import Run, TastemakerError, settings_of
from tastemaker.core.fingerprints import of_json
from tastemaker.training.checkpoints import (
    Checkpoint,
    copied,
    optimizer_tensors,
    part,
    prefixed,
    restore_optimizer,
)
from tastemaker.training.devices import device_of, limited, moved, seeded
from tastemaker.training.settings import History, Stop, TrainSettings

MOMENTUM = 0.9
Batches = Callable[[int], Iterable[Any]]
Loss = Callable[[Any], Tensor]
Validate = Callable[[], float]


def train(  # noqa: PLR0913 - what is trained, on what, for what, and how
    module: nn.Module,
    batches: Batches,
    loss_fn: Loss,
    *,
    settings: TrainSettings,
    validate: Validate | None = None,
    run: Run,
    key: str = "",
) -> History:
    """Train `module` and leave it with its best weights, in evaluation mode.

    Each epoch ends with one line ``Epoch [i/N], Loss: x`` to ``run.say`` and, where there is a folder
    ``run.checkpoints``, with a checkpoint: a stopped training goes on there and ends as if it had never been
    stopped. Torch's draws (dropout) depend on seed and epoch alone. Mixed precision (bfloat16) on cuda only.

    Args:
        module: What is trained; moved to the device of the run.
        batches: From the number of an epoch, from 1, to its batches; must depend on seed and epoch alone.
        loss_fn: From a batch, moved to the device, to the mean loss over it.
        settings: Optimizer, epochs, patience ...
        validate: The figure to stop by, higher is better; called without gradients, in evaluation mode.
        run: Seed, device, threads, progress, checkpoints, seconds.
        key: What else tells this training from others (settings of the model, fingerprint of the data).

    Raises:
        TastemakerError: the loss or the validation figure is no longer a number, or there is no batch.
        BadSetting: there is no such device.
    """
    device = device_of(run)
    with limited(run.threads):
        training = _Training(module.to(device), settings, run, _checkpoint(module, settings, run, key))
        training.resume()
        return training.go(batches, loss_fn, validate)


def _checkpoint(module: nn.Module, settings: TrainSettings, run: Run, key: str) -> Checkpoint | None:
    if run.checkpoints is None:
        return None
    shapes = {name: list(tensor.shape) for name, tensor in module.state_dict().items()}
    found = of_json({"settings": settings_of(settings), "seed": run.seed, "shapes": shapes, "key": key})
    return Checkpoint(run.checkpoints / f"training-{found[:16]}.safetensors", found)


@dataclass
class _Training:
    """One training between two epochs."""

    module: nn.Module
    settings: TrainSettings
    run: Run
    checkpoint: Checkpoint | None
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    best: tuple[int, float] = (0, -math.inf)
    stopped: Stop | None = None
    spent: float = 0.0
    steps: int = 0

    def __post_init__(self) -> None:
        self.optimizer = _optimizer(self.module, self.settings)
        self.best_weights = copied(self.module)
        self.began = time.monotonic()

    def go(self, batches: Batches, loss_fn: Loss, validate: Validate | None) -> History:
        if self.settings.keep_start and validate and not self.losses:
            self.best = (0, self.figure(validate))
        while self.stopped is None:
            epoch = len(self.losses) + 1
            with seeded(self.run.seed, f"epoch {epoch}"):
                self.losses.append(self.epoch(epoch, batches, loss_fn))
            self.judge(epoch, validate)
            self.stopped = self.reason(epoch)
            self.write()
        self.module.load_state_dict(self.best_weights)
        self.module.eval()
        return History(tuple(self.losses), tuple(self.scores), self.best[0], self.stopped)

    def epoch(self, epoch: int, batches: Batches, loss_fn: Loss) -> float:
        self.module.train()
        total, examples = 0.0, 0
        for batch in self.run.progress(batches(epoch), f"epoch {epoch}"):
            total, examples = total + self.step(batch, epoch, loss_fn), examples + 1
            if self.late():
                break
        if not examples:
            raise TastemakerError("There is nothing to learn from: the batches are empty.")
        return total / examples

    def step(self, batch: Any, epoch: int, loss_fn: Loss) -> float:
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate_at(epoch, self.steps, self.share())
        self.optimizer.zero_grad(set_to_none=True)
        device = next(self.module.parameters()).device
        with _precision(device):
            loss = loss_fn(moved(batch, device))
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TastemakerError(
                f"The loss became {value} in epoch {epoch}. Lower the learning rate (now {self.settings.rate:g}), "
                "and see that vectors and ratings are finite."
            )
        loss.backward()  # type: ignore[no-untyped-call]
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.module.parameters(), self.settings.clip)
        self.optimizer.step()
        return value

    def judge(self, epoch: int, validate: Validate | None) -> None:
        said = f"Epoch [{epoch}/{self.settings.epochs}], Loss: {self.losses[-1]:.4f}"
        if validate is None:
            self.best = (epoch, 0.0)
        else:
            self.scores.append(self.figure(validate))
            said += f", validation: {self.scores[-1]:.4f}"
            if self.scores[-1] > self.best[1]:
                self.best = (epoch, self.scores[-1])
        if self.best[0] == epoch:
            self.best_weights = copied(self.module)
        self.run.say(f"{said}, {self.left(epoch)}")

    def left(self, epoch: int) -> str:
        each = self.elapsed() / epoch
        rest = each * (self.settings.epochs - epoch)
        if self.settings.patience:
            rest = min(rest, each * (self.settings.patience - epoch + self.best[0]))
        if self.run.seconds is not None:
            rest = min(rest, self.run.seconds - self.elapsed())
        return f"{each:.1f} s an epoch, {max(rest, 0):.0f} s left if nothing better is found"

    def figure(self, validate: Validate) -> float:
        self.module.eval()
        with torch.no_grad():
            value = float(validate())
        if math.isnan(value):
            raise TastemakerError("The validation figure is not a number; no epoch can be chosen by it.")
        return value

    def reason(self, epoch: int) -> Stop | None:
        if self.late():
            return "time"
        if self.settings.patience and epoch - self.best[0] >= self.settings.patience:
            return "patience"
        return "epochs" if epoch >= self.settings.epochs else None

    def late(self) -> bool:
        return self.share() >= 1

    def share(self) -> float:
        """How much of the time budget is gone."""
        return 0.0 if self.run.seconds is None else self.elapsed() / max(self.run.seconds, 1e-9)

    def elapsed(self) -> float:
        return self.spent + time.monotonic() - self.began

    def write(self) -> None:
        if self.checkpoint is None:
            return
        tensors = {
            **prefixed(self.module.state_dict(), "now"),
            **prefixed(self.best_weights, "best"),
            **prefixed(optimizer_tensors(self.optimizer), "optimizer"),
        }
        names = ("losses", "scores", "best", "stopped", "steps")
        notes = {name: getattr(self, name) for name in names}
        self.checkpoint.write(tensors, {**notes, "spent": self.elapsed()})

    def resume(self) -> None:
        found = self.checkpoint.read() if self.checkpoint else None
        if found is None:
            return
        tensors, notes = found
        self.module.load_state_dict(part(tensors, "now"))
        self.best_weights = part(tensors, "best")
        restore_optimizer(self.optimizer, part(tensors, "optimizer"))
        self.losses, self.scores = notes["losses"], notes["scores"]
        self.best = (notes["best"][0], notes["best"][1])
        self.stopped, self.spent, self.steps = notes["stopped"], notes["spent"], notes["steps"]
        if self.stopped == "time":  # there may be more time now
            self.stopped = self.reason(len(self.losses))
        self.run.say(f"Going on after epoch {len(self.losses)} of an interrupted training.")


def _optimizer(module: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    rate, decay = settings.rate, settings.weight_decay
    if settings.optimizer == "sgd":
        return torch.optim.SGD(module.parameters(), rate, momentum=MOMENTUM, weight_decay=decay)
    return torch.optim.AdamW(module.parameters(), rate, weight_decay=decay)


def _precision(device: torch.device) -> AbstractContextManager[Any]:
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()

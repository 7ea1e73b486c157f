"""How every network here is fitted: stopped by held-out behaviour, then learned anew from everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn

from tastemaker.core import Run
from tastemaker.data import Dataset
from tastemaker.data.fingerprint import fingerprint
from tastemaker.data.held_out import hide_items, hold_out
from tastemaker.models.base import Given
from tastemaker.models.judging import ndcg
from tastemaker.models.ranking import Score
from tastemaker.training import TrainSettings
from tastemaker.training.devices import device_of, limited, seeded
from tastemaker.training.loop import train

FIRST = 0.45  # share of the time budget for the training that chooses the number of epochs


class Task(Protocol):
    """A network and what it is trained for."""

    @property
    def module(self) -> nn.Module:
        """What is trained."""
        ...

    def batches(self, epoch: int) -> Iterable[Any]:
        """The batches of an epoch, from 1; they depend on seed and epoch alone."""
        ...

    def loss(self, batch: Any) -> Tensor:
        """The mean loss over a batch that was moved to the device."""
        ...

    def scorer(self) -> Score:
        """Scores of the network as it stands, called without gradients and in evaluation mode."""
        ...


T = TypeVar("T", bound=Task)
Make = Callable[[Dataset, Run], T]
Look = Callable[[T, Dataset, Dataset, Dataset | None], None]


def fit(  # noqa: PLR0913 - what is made, from what, and how
    make: Make[T],
    data: Dataset,
    given: Given,
    *,
    settings: TrainSettings,
    run: Run,
    key: str = "",
    look: Look[T] | None = None,
) -> tuple[T, int]:
    """Train what `make` makes and give it back in evaluation mode, with the number of epochs that were best.

    With ``given.validation`` training is stopped by its NDCG@10. Without, about 10 % of the events are held out
    to choose the number of epochs, then a network is trained for as many epochs on all events. With a patience of 0
    all epochs are trained, on all events.

    Args:
        make: From data and run to an untrained task on the device of the run.
        data: What is learned from.
        given: Beside it, the validation data.
        settings: Of the loop.
        run: Seed, device, threads, progress, checkpoints, seconds.
        key: What tells this network from others in the folder of checkpoints.
        look: Called once, where there is behaviour that a network did not see: with that network, what it learned
            from, that behaviour, and the behaviour at a tenth of the items, which this network then knows nothing
            of (None where there are few items, or validation data are given); for what else is to be chosen.
    """
    key += fingerprint(data, given.features) + fingerprint(data, given.users)
    held = hold_out(data, run.seed) if given.validation is None and settings.patience else None
    if held is None:
        task, best = _train(make, (data, given.validation), settings, run, key)
        if look is not None and given.validation is not None:
            look(task, data, given.validation, None)
        return task, best
    part = None if run.seconds is None else run.seconds * FIRST
    held, fresh = _without_some(data, held, run.seed) if look is not None else (held, None)
    first, best = _train(make, held, settings, replace(run, seconds=part), key)
    if look is not None:
        look(first, *held, fresh)
    run.say(f"Learning anew from all events for {best} epochs.")
    chosen = replace(settings, epochs=max(1, best), keep_start=False)
    rest = None if run.seconds is None else run.seconds * (1 - FIRST)
    return _train(make, (data, None), chosen, replace(run, seconds=rest), key)[0], best


def _without_some(
    data: Dataset, held: tuple[Dataset, Dataset], seed: int
) -> tuple[tuple[Dataset, Dataset], Dataset | None]:
    """What is learned from and judged by without some items, and all events at these."""
    hidden = hide_items(data, seed)
    if hidden is None:
        return held, None
    part, rest = (some.only(~hidden[some.interactions.item]) for some in held)
    return (part, rest), data.only(hidden[data.interactions.item])


def _train(
    make: Make[T], parts: tuple[Dataset, Dataset | None], settings: TrainSettings, run: Run, key: str
) -> tuple[T, int]:
    data, validation = parts
    with limited(run.threads), seeded(run.seed, "weights"):
        task = make(data, run)
    history = train(
        task.module.to(device_of(run)),
        task.batches,
        task.loss,
        settings=settings,
        validate=ndcg(task.scorer, data, validation),
        run=run,
        key=key + fingerprint(data) + (fingerprint(validation) if validation else ""),
    )
    return task, history.best_epoch

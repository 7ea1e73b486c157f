"""The whole of it: cut by items, train, measure what it is worth on the held-out items, write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tastemaker.core import BadSetting, Run, settings_of, spec_of
from tastemaker.core.fingerprints import of_bytes
from tastemaker.data import Dataset, Features
from tastemaker.data.fingerprint import fingerprint
from tastemaker.evaluation import Report, compare
from tastemaker.evaluation.measured import Measured
from tastemaker.features.base import Encoder
from tastemaker.features.extract import extract
from tastemaker.features.texts import item_texts
from tastemaker.features.tuned.base import Open
from tastemaker.features.tuned.bert import OpenBert
from tastemaker.features.tuned.saved import Manifest
from tastemaker.features.tuned.states import States
from tastemaker.learning.finetune import nets
from tastemaker.learning.finetune.lesson import Lesson
from tastemaker.learning.finetune.pairs import Matching
from tastemaker.learning.finetune.settings import FinetuneSettings
from tastemaker.learning.finetune.words import Guessing
from tastemaker.training.devices import device_of, seeded
from tastemaker.training.loop import train
from tastemaker.training.settings import History

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """A base, opened, with what it makes of all items.

    Attributes:
        encoder: The base.
        open: Its network.
        states: Of all layers, side by side, (n_items, sum of widths), with the items that have content.
        texts: Of all items; empty for pictures.
    """

    encoder: Encoder
    open: Open
    states: Features
    texts: tuple[str, ...]

    @classmethod
    def of(cls, data: Dataset, encoder: Encoder, max_length: int, run: Run) -> Source:
        """Encode every item once; states are cached like vectors, by content."""
        states: Any = States(encoder, max_length)
        found = extract(data, [states], run=run).features[states.name]
        texts = tuple(item_texts(data)) if encoder.source == "text" else ()
        return cls(encoder, states.open, found, texts)

    @property
    def frozen(self) -> Vectors:
        """The frozen encoder's vectors, scaled to length 1 as it is for tuned ones."""
        last = self.states.vectors[:, -self.open.widths[-1] :]
        scaled: Vectors = last / np.maximum(np.linalg.norm(last, axis=1, keepdims=True), 1e-12)
        return scaled


@dataclass(frozen=True)
class Outcome:
    """What tuning gave.

    Attributes:
        net: The tuned encoder, in evaluation mode.
        vectors: Of all items, (n_items, dim).
        frozen: Lists of the held-out items by the frozen encoder's vectors.
        tuned: The same by the tuned ones'.
        history: Of the training.
        step: Seconds a step.
        trained: Numbers that were trained, those of the heads left out.
        held: Items that were held out.
    """

    net: nets.Side | nets.Whole
    vectors: Vectors
    frozen: Report
    tuned: Report
    history: History
    step: float
    trained: int
    held: int

    @property
    def gain(self) -> Measured:
        """Difference in NDCG@10 with its paired 95 % interval."""
        return compare(self.tuned, self.frozen)["ndcg"]


def finetune(source: Source, lesson: Lesson, settings: FinetuneSettings, run: Run) -> Outcome:
    """Tune on the items of the lesson that are not held out; the held-out ones stop it and measure it.

    Raises:
        BadSetting: the encoder cannot be tuned that way.
    """
    with seeded(run.seed, "finetune"):
        net = _net(source, lesson, settings, run)
        task = _task(net, lesson, settings, run)
    judging, clock = lesson.judge(source.encoder.source), _Timed(task.batches)
    history = train(
        task.module,
        clock.batches,
        task.loss,
        settings=settings.training,
        validate=lambda: judging.figure(net.everything()),
        run=run,
        key=_key(source, lesson, settings),
    )
    with torch.no_grad():
        vectors = net.everything()
    reports = (replace(judging.report(v), name=n) for n, v in (("frozen", source.frozen), ("tuned", vectors)))
    frozen, tuned = reports
    trained = sum(p.numel() for p in net.module.parameters())
    return Outcome(net, vectors, frozen, tuned, history, clock.step, trained, int(lesson.new.sum()))


def refuse(encoder: Encoder, settings: FinetuneSettings) -> None:
    """Raise `BadSetting` where the encoder cannot be tuned that way."""
    if encoder.source == "image" and settings.how != "side":
        raise BadSetting(
            f"The encoder {encoder.name!r} is tuned by a side network alone: choose how = 'side' "
            f"(got {settings.how!r})."
        )


def manifest(source: Source, settings: FinetuneSettings, outcome: Outcome, notes: dict[str, Any]) -> Manifest:
    """What is written beside the weights."""
    return Manifest(
        base=spec_of(source.encoder),
        fingerprint=source.encoder.fingerprint(),
        source=source.encoder.source,
        how=settings.how,
        max_length=settings.max_length,
        shape=dict(outcome.net.shape),
        notes={"settings": settings_of(settings), **notes},
    )


def _net(source: Source, lesson: Lesson, settings: FinetuneSettings, run: Run) -> nets.Side | nets.Whole:
    if settings.how == "side":
        states = torch.from_numpy(source.states.vectors).half()
        return nets.Side(states, source.open.widths, settings.inner, lesson.rows)
    refuse(source.encoder, settings)
    assert isinstance(source.open, OpenBert)
    source.open.model.to(device_of(run))
    if settings.how == "lora":
        return nets.lora(source.open, source.texts, settings.rank)
    return nets.full(source.open, source.texts, settings.layers)


def _task(net: Any, lesson: Lesson, settings: FinetuneSettings, run: Run) -> Matching | Guessing:
    if settings.how == "mlm":
        return Guessing(net, np.flatnonzero(lesson.present & ~lesson.new), settings, run.seed)
    return Matching(net, lesson, settings, run.seed)


def _key(source: Source, lesson: Lesson, settings: FinetuneSettings) -> str:
    parts = (source.encoder.fingerprint(), fingerprint(lesson.known), fingerprint(lesson.held))
    return " ".join((*parts, of_bytes(lesson.taken.indices.tobytes()), str(settings_of(settings))))


class _Timed:
    """Passes batches on and measures the seconds from one to the next: what a step costs."""

    def __init__(self, batches: Callable[[int], Any]) -> None:
        self._batches, self._spent, self._steps = batches, 0.0, 0

    def batches(self, epoch: int) -> Any:
        start = time.perf_counter()
        for batch in self._batches(epoch):
            yield batch
            self._steps += 1
            now = time.perf_counter()
            self._spent, start = self._spent + now - start, now

    @property
    def step(self) -> float:
        return self._spent / max(1, self._steps)

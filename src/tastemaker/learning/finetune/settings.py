"""How an encoder is tuned."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from tastemaker.core import component
from tastemaker.features.tuned.saved import How
from tastemaker.training.settings import TrainSettings

RATES = {"side": 1e-4, "lora": 1e-3, "full": 5e-5, "mlm": 1e-4}
BATCHES = {"side": 64, "lora": 24, "full": 24, "mlm": 24}
STEPS = {"side": 60, "lora": 30, "full": 30, "mlm": 30}


@component
class FinetuneSettings:
    """Settings of `finetune`.

    Attributes:
        how: "side" trains a small network on cached states of a frozen encoder; "lora" low-rank adapters of the
            attention; "full" the last `layers` blocks; "mlm" the same by words that were hidden, without behaviour.
        layers: Blocks that "full" and "mlm" train.
        rank: Rank of the adapters of "lora".
        inner: Width of the side network.
        max_length: Tokens read of a text.
        held: Share of the liked items that are held out to stop by and to measure the gain on.
        epochs: Most epochs, each of `steps` batches.
        steps: Steps an epoch; 0 takes 60 for "side", else 30.
        patience: Epochs without a better figure after which training ends; 0 trains all of them.
        batch: Pairs of items a step (texts for "mlm"); 0 takes 64 for "side", else 24.
        rate: Learning rate; None takes 1e-4 for "side" and "mlm", 1e-3 for "lora", 5e-5 for "full". Small ones pay:
            what is learned fast is the known items by heart.
        temperature: Cosines are divided by it.
        width: Numbers in which items are compared while training.
    """

    how: How = "side"
    layers: Annotated[int, Ge(1), Le(48)] = 2
    rank: Annotated[int, Ge(1), Le(256)] = 8
    inner: Annotated[int, Ge(8), Le(4096)] = 192
    max_length: Annotated[int, Ge(8), Le(512)] = 128
    held: Annotated[float, Gt(0), Lt(1)] = 0.15
    epochs: Annotated[int, Ge(1), Le(1000)] = 6
    steps: Annotated[int, Ge(0), Le(100_000)] = 0
    patience: Annotated[int, Ge(0), Le(1000)] = 0
    batch: Annotated[int, Ge(0), Le(65536)] = 0
    rate: Annotated[float, Gt(0)] | None = None
    temperature: Annotated[float, Gt(0), Le(10)] = 0.1
    width: Annotated[int, Ge(2), Le(4096)] = 128

    @property
    def each(self) -> int:
        """Steps an epoch."""
        return self.steps or STEPS[self.how]

    @property
    def training(self) -> TrainSettings:
        """The same for the loop; the frozen encoder may win as epoch 0."""
        return TrainSettings(
            rate=self.rate or RATES[self.how],
            weight_decay=0.01,
            epochs=self.epochs,
            patience=self.patience,
            batch=self.batch or BATCHES[self.how],
            keep_start=True,
        )

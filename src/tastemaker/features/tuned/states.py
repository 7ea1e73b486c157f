"""The states of all layers of a frozen base, as an encoder: extraction caches them like vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Source
from tastemaker.features import engine
from tastemaker.features.base import Encoder
from tastemaker.features.media_image import LONG
from tastemaker.features.tuned.base import Open, opened

BATCH = {"text": 32, "image": 4}


class States:
    """Gives (n, sum of widths): pooled states of all layers side by side.

    Args:
        encoder: The base.
        max_length: Tokens read of a text.
    """

    def __init__(self, encoder: Encoder, max_length: int) -> None:
        self.name, self.source = f"{encoder.name} states", encoder.source
        self._encoder, self._max_length = encoder, max_length
        self.side: int = getattr(encoder, "side", 0)
        self.long: int = getattr(encoder, "long", LONG)

    name: str
    source: Source

    @property
    def dim(self) -> int:
        """Sum of the widths."""
        return sum(self.open.widths)

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """States of n entries."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(0):
            tokens = self.open.tokens(content)
            sizes = [len(row) for row in tokens]
            return engine.in_batches(tokens, BATCH[self.source], self._forward, sizes)

    def fingerprint(self) -> str:
        """That of the base, its length and the order of layers."""
        return f"states/1/{self._max_length}/{self._encoder.fingerprint()}"

    @cached_property
    def open(self) -> Open:
        """The network, loaded when first asked for."""
        return opened(self._encoder, self._max_length)

    def _forward(self, tokens: list[Any]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.open.states(tokens).cpu().numpy()
        return found

"""What an encoder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Source


class Encoder(Protocol):
    """Turns raw content of one source into vectors. Pure: same input, same output, whatever the batch."""

    @property
    def name(self) -> str:
        """The key of its vectors, another for each encoder of a pipeline; mostly the class's name in the catalog."""
        ...

    @property
    def source(self) -> Source:
        """What it reads; mostly the same for all instances of a class."""
        ...

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n present entries as float32 of shape (n, dim).

        An entry is what decoding gives: a text (str), a picture (uint8 RGB array, (height, width, 3)), a mono
        sound (float32 array at the encoder's `rate`) or a video (`media_video.Clip`).
        """
        ...

    def fingerprint(self) -> str:
        """A text that changes whenever `encode` would: settings and hash of the weights; the cache key."""
        ...


@runtime_checkable
class Recognises(Protocol):
    """An encoder whose network also tells classes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in English."""
        ...

    def chances(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Chances of the classes from vectors that `encode` gave, (n, dim) to (n, classes)."""
        ...

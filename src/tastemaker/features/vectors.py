"""Ready-made vectors that come with the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Features, FeatureSet, Source


@component
class Vectors:
    """Vectors made elsewhere, taken as they are; each name becomes a source of its own."""

    name: ClassVar[str] = "vectors"
    source: ClassVar[Source] = "vectors"

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Stack n vectors to float32 of shape (n, dim)."""
        return np.array(content, np.float32).reshape(len(content), -1 if len(content) else 0)

    def fingerprint(self) -> str:
        """There is nothing to set."""
        return "vectors/1"

    def named(self, ready: FeatureSet) -> FeatureSet:
        """The data's vectors under the names of encoders; rows with nan or infinities count as missing."""
        label = {name: "vectors" if len(ready) == 1 else f"vectors:{name}" for name in ready}
        return {label[name]: _finite(found) for name, found in ready.items()}


def _finite(found: Features) -> Features:
    present = found.present & np.isfinite(found.vectors).all(axis=1)
    vectors = np.where(present[:, None], found.vectors, np.float32(0))
    return Features("vectors", vectors.astype(np.float32), present)

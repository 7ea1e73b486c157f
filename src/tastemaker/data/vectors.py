"""Vectors of items or users, with masks of what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Features:
    """Vectors of one encoder for n items (or users).

    Attributes:
        source: What they were made from: a modality, "attributes" or "vectors".
        vectors: Shape (n, dim), float32; zero rows where absent.
        present: Shape (n,), bool; false where there was nothing to encode.
    """

    source: Literal["text", "image", "audio", "video", "attributes", "vectors"]
    vectors: NDArray[np.float32]
    present: NDArray[np.bool_]

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.vectors.shape[1])


FeatureSet = Mapping[str, Features]  # keyed by encoder name: two text encoders may be fused


@dataclass(frozen=True)
class ItemVectors:
    """One fused vector an item.

    Attributes:
        vectors: Shape (n_items, dim), float32.
        known: Shape (n_items,), bool; false where an item has no source at all.
    """

    vectors: NDArray[np.float32]
    known: NDArray[np.bool_]

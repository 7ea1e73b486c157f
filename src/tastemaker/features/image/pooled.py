"""EfficientNet and the mean over its places as one torch module."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Pooled(nn.Module):
    """Features of a network averaged over the picture.

    Args:
        network: Its `extract_features` gives (n, dim, height, width) from (n, 3, height, width).
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Vectors (n, dim) in float32 of normalised pictures, (n, height, width, 3)."""
        features: Tensor = self.network.extract_features(pixels.permute(0, 3, 1, 2))
        return features.float().mean((2, 3))

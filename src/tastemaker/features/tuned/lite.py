"""EfficientNet-Lite0 opened up: the pooled states where its resolution changes, and its features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.features.image import lite0
from tastemaker.features.image.efficientnet import FILE, SIDE, EfficientNet
from tastemaker.features.image.pixels import square

ENDS = (2, 4, 7, 10, 14, 15)  # last block of each stage that is read, of 16
WIDTHS = (24, 40, 80, 112, 192, 320, 1280)


class OpenLite:
    """The loaded network, frozen.

    Args:
        folder: Folder of the weights.
    """

    def __init__(self, folder: Path) -> None:
        self.model: nn.Module = lite0.load(folder / FILE)

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stage, the features last."""
        return WIDTHS

    def tokens(self, content: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """The normalised squares of pictures, each (224, 224, 3)."""
        return [square(picture, EfficientNet.side, SIDE) for picture in content]

    def states(self, tokens: Sequence[NDArray[np.float32]]) -> Tensor:
        """Mean over the places of every stage's output, side by side, (b, 2048)."""
        network: Any = self.model
        device = next(self.model.parameters()).device
        x = torch.from_numpy(np.stack(tokens)).permute(0, 3, 1, 2).to(device)
        found: list[Tensor] = []
        hooks = [network._blocks[end].register_forward_hook(_keeper(found)) for end in ENDS]
        try:
            found.append(network.extract_features(x).mean((2, 3)))
        finally:
            for hook in hooks:
                hook.remove()
        return torch.cat(found, dim=1)


def _keeper(found: list[Tensor]) -> Any:
    def keep(module: nn.Module, given: Any, out: Tensor) -> None:
        found.append(out.mean((2, 3)))

    return keep

"""Pictures by a ResNet in the layout of the Hugging Face hub; ResNet-50 unless another is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Source
from tastemaker.features import engine, local, weights
from tastemaker.features.image.pixels import square

BASE = "hub:microsoft/resnet-50@34c2154c194f829b11125337b98c8f5f9965ff19"
SIDE = 224


@component
class ResNet:
    """Pictures as the pooled features of a ResNet from a folder or a pulled hub address; 2048 by ResNet-50.

    The short side is resized to 256 pixels, the centre 224 x 224 is read, with ImageNet's mean and deviation:
    what ResNet-50's own processor does.

    Source: He et al. 2016, arXiv 1512.03385.

    Attributes:
        folder: Folder with config.json and safetensors, or ``hub:ORG/NAME@REVISION``.
        batch: Pictures a step; small steps stay in the caches of CPUs.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[str] = "resnet"
    source: ClassVar[Source] = "image"
    side: ClassVar[int] = 256  # decoding may shrink pictures until the short side has so many pixels
    long: ClassVar[int] = 1  # and keep of the long side as many

    folder: str = BASE
    batch: Annotated[int, Ge(1)] = 4
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, as the model's configuration says."""
        return int(local.config(self._place)["hidden_sizes"][-1])

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB, (height, width, 3)) as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(self.threads):
            return engine.in_batches(content, self.batch, self._forward)

    def fingerprint(self) -> str:
        """Version, settings and hash of configuration and model."""
        return engine.fingerprint(self, 2, local.digest(self._place))

    def _forward(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        torch = engine.import_torch()
        network = self._network  # first: where there is none that is what is wrong
        pixels = np.stack([square(picture, self.side, SIDE) for picture in pictures])
        pooled = network(torch.from_numpy(pixels).permute(0, 3, 1, 2)).pooler_output
        result: NDArray[np.float32] = pooled.flatten(1).float().numpy()
        return result

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _network(self) -> Any:
        model = local.load(self._place, "ResNetModel")
        return model.to(memory_format=engine.import_torch().channels_last)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

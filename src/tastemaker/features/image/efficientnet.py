"""Pictures as 1280 numbers by EfficientNet-Lite0, a convolutional network."""

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
from tastemaker.features import engine, weights
from tastemaker.features.engines.choice import Chosen
from tastemaker.features.engines.network import Network, Vino
from tastemaker.features.image.imagenet import imagenet
from tastemaker.features.image.pixels import square

FILE = "efficientnet-lite0-57934424.pth"
SIDE = 224
EXACT = 3  # convolutions: the stem and the first block


@component
class EfficientNet:
    """Pictures as the 1280 pooled features of EfficientNet-Lite0 (ImageNet).

    The short side is resized to 256 pixels, the centre 224 x 224 is read.

    Source: Tan & Le 2019, arXiv 1905.11946; the Lite variants: TensorFlow TPU models, 2020.

    Attributes:
        batch: Pictures a step; 4 is fastest on CPUs, where larger steps leave the caches.
        engine: Runs the network: "torch", "onnx" (ONNX Runtime), "auto" the faster of the two here, which give the
            same vectors up to rounding; "openvino" computes most of it in bfloat16 where the processor has that,
            with vectors and a fingerprint of its own.
        threads: Of the engine; 0 leaves the number to it.
        folder: Folder of the weights; "" looks in the usual places.
    """

    name: ClassVar[str] = "efficientnet"
    source: ClassVar[Source] = "image"
    dim: ClassVar[int] = 1280
    side: ClassVar[int] = 256  # decoding may shrink pictures until the short side has so many pixels
    long: ClassVar[int] = 1  # and keep of the long side as many

    batch: Annotated[int, Ge(1)] = 4
    engine: Vino = "auto"
    threads: Annotated[int, Ge(0)] = 0
    folder: str = ""

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB, (height, width, 3)) as float32 of shape (n, 1280)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        self._chosen.prepare(len(content))
        return engine.in_batches(content, self.batch, self._forward, lanes=self._chosen.lanes)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of what it recognises: the 1,000 classes of ImageNet."""
        return imagenet()

    def chances(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Chances of the classes from vectors that `encode` gave, (n, 1280) to (n, 1000); rows sum to 1."""
        torch = engine.import_torch()
        with engine.inference(self.threads):
            logits = self._network._fc(torch.from_numpy(np.ascontiguousarray(vectors)))
            result: NDArray[np.float32] = torch.softmax(logits, dim=1).numpy()
        return result

    def fingerprint(self) -> str:
        """Version, settings and hash of the weights."""
        return engine.fingerprint(self, 2, self._digest())

    def _forward(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return self._chosen(np.stack([square(picture, self.side, SIDE) for picture in pictures]))

    def _digest(self) -> str:
        return weights.digest(self._place, (FILE,))

    @cached_property
    def _chosen(self) -> Chosen:
        return Chosen(Network(self.name, self._digest, self._pooled, _example, exact=EXACT), self.engine, self.threads)

    def _pooled(self) -> Any:
        network = self._network
        from tastemaker.features.image.pooled import Pooled

        return Pooled(network).eval()

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _network(self) -> Any:
        from tastemaker.features.image import lite0

        return lite0.load(self._place / FILE)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)


def _example() -> dict[str, NDArray[np.float32]]:
    return {"pixels": np.random.default_rng(0).normal(0, 1, (4, SIDE, SIDE, 3)).astype(np.float32)}

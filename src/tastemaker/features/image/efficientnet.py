"""Pictures as 1280 numbers by EfficientNet-Lite0, a convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import MissingExtra, WeightsError, component
from tastemaker.features import engine, weights
from tastemaker.features.image.pixels import square

FILE = "efficientnet-lite0-57934424.pth"
SIDE = 224


@component
class EfficientNet:
    """Pictures as the 1280 pooled features of EfficientNet-Lite0 (ImageNet).

    The short side is resized to 256, the centre 224 x 224 is read. The network is traced and frozen once,
    which folds its batch norms into the convolutions.

    Source: Tan & Le 2019, arXiv 1905.11946; the Lite variants: TensorFlow TPU models, 2020.

    Attributes:
        batch: Pictures a step.
        threads: Threads of torch; 0 leaves them as they are.
        folder: Folder of the weights; "" looks in the usual places.
    """

    name: ClassVar[str] = "efficientnet"
    source: ClassVar[Literal["image"]] = "image"
    dim: ClassVar[int] = 1280
    side: ClassVar[int] = 256  # decoding may shrink pictures until the short side has so many pixels

    batch: Annotated[int, Ge(1)] = 16
    threads: Annotated[int, Ge(0)] = 0
    folder: str = ""

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB, (height, width, 3)) as float32 of shape (n, 1280)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(self.threads):
            return engine.in_batches(content, self.batch, self._forward, [0] * len(content), self.dim)

    def fingerprint(self) -> str:
        """Version, settings and hash of the weights."""
        return engine.fingerprint(self, 1, weights.digest(self._place, (FILE,)))

    def _forward(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        torch = engine.import_torch()
        pixels = torch.from_numpy(np.stack([square(p, self.side, SIDE) for p in pictures])).permute(
            0, 3, 1, 2
        )
        result: NDArray[np.float32] = self._network(pixels).numpy()
        return result

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _network(self) -> Any:
        return frozen(self._place / FILE)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_")}


def frozen(path: Path) -> Any:
    """The network up to its pooled features, traced and frozen: (b, 3, 224, 224) -> (b, 1280)."""
    torch = engine.import_torch()
    try:
        from efficientnet_lite_pytorch import EfficientNet as Plain
    except ImportError as error:
        raise MissingExtra("efficientnet-lite-pytorch", "image") from error
    network = Plain.from_name("efficientnet-lite0")
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{path} does not hold the weights of EfficientNet-Lite0: {error}") from error

    class Features(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = network

        def forward(self, pixels: Any) -> Any:
            return self.inner.extract_features(pixels).mean((2, 3))

    module = Features().eval().to(memory_format=torch.channels_last)
    example = torch.zeros(2, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    return torch.jit.freeze(torch.jit.trace(module, example, check_trace=False))

"""Sound as 128 numbers by VGGish, from a local folder with its weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import WeightsError, component
from tastemaker.data import Source
from tastemaker.features import engine, local, weights

RATE = 16_000
WINDOW, HOP, FFT, BANDS = 400, 160, 512, 64  # samples, samples, samples, mel bands
FRAMES = 96  # of a patch: 0.96 s
LOW, HIGH = 125.0, 7500.0  # hertz
OFFSET = 0.01  # added before the logarithm
CONVOLUTIONS = (("0", True), ("3", True), ("6", False), ("8", True), ("11", False), ("13", True))  # pool after?


@component
class VGGish:
    """Sound as the mean of VGGish's 128 numbers over patches of 0.96 s; for weights that you have.

    Names and order of the weights are those of the common torch port: ``features.0.weight`` ...
    ``embeddings.4.bias``, the last layer followed by a ReLU, no principal components after it.

    Source: Hershey et al. 2017, arXiv 1609.09430.

    Attributes:
        folder: Folder with a safetensors file of VGGish, or ``hub:ORG/NAME@REVISION``.
        patches: At most so many patches of a recording, at even distances.
        batch: Recordings a step.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[str] = "vggish"
    source: ClassVar[Source] = "audio"
    rate: ClassVar[int] = RATE  # samples a second that `encode` expects

    folder: str = ""
    patches: Annotated[int, Ge(1)] = 31
    batch: Annotated[int, Ge(1)] = 1
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors: 128 for the published weights."""
        return len(self._tensors["embeddings.4.bias"])

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n mono recordings (float32 at 16 kHz) as float32 of shape (n, dim)."""
        dim = self.dim  # first: where the weights are missing that is what is wrong
        if not len(content):
            return np.zeros((0, dim), np.float32)
        with engine.inference(self.threads):
            return engine.in_batches(content, self.batch, self._forward)

    def fingerprint(self) -> str:
        """Version, settings and hash of the weights."""
        return engine.fingerprint(self, 1, local.digest(self._place))

    def _forward(self, sounds: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        torch = engine.import_torch()
        cut = [self._cut(log_mel(sound)) for sound in sounds]
        parts = torch.split(self._network(torch.from_numpy(np.concatenate(cut))), [len(part) for part in cut])
        result: NDArray[np.float32] = torch.stack([part.mean(0) for part in parts]).numpy()
        return result

    def _cut(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Patches (n, 96, 64) of a spectrogram; a short one is filled up with silence."""
        if len(mel) < FRAMES:
            mel = np.pad(mel, ((0, FRAMES - len(mel)), (0, 0)), constant_values=np.log(OFFSET))
        whole = mel[: len(mel) // FRAMES * FRAMES].reshape(-1, FRAMES, BANDS)
        if len(whole) > self.patches:
            whole = whole[np.linspace(0, len(whole) - 1, self.patches).round().astype(int)]
        return whole

    def _network(self, patches: Any) -> Any:
        """(b, 96, 64) -> (b, dim)."""
        from torch.nn import functional as F

        x, tensors = patches[:, None], self._tensors
        for layer, pool in CONVOLUTIONS:
            weight, bias = tensors[f"features.{layer}.weight"], tensors[f"features.{layer}.bias"]
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
            x = F.max_pool2d(x, 2) if pool else x
        x = x.permute(0, 2, 3, 1).flatten(1)  # TensorFlow's order: time, frequency, channel
        for layer in ("0", "2", "4"):
            x = F.relu(F.linear(x, tensors[f"embeddings.{layer}.weight"], tensors[f"embeddings.{layer}.bias"]))
        return x

    @cached_property
    def _place(self) -> Path:
        if not self.folder:
            raise WeightsError(
                "VGGish needs its weights: no package carries them. Set `folder` to a folder that holds them as "
                "a safetensors file (from the torch port's vggish-10086976.pth, say)."
            )
        return weights.folder(self.name, self.folder)

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        files = sorted(self._place.glob("*.safetensors"))
        if len(files) != 1:
            raise WeightsError(f"{self._place} must hold one safetensors file of VGGish; found {len(files)}.")
        engine.import_torch()
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            tensors: dict[str, Any] = load_file(files[0])
        except SafetensorError as error:
            raise WeightsError(f"{files[0]} is damaged: {error}") from error
        wanted = [f"features.{n}" for n, _ in CONVOLUTIONS] + [f"embeddings.{n}" for n in (0, 2, 4)]
        absent = [f"{name}.{part}" for name in wanted for part in ("weight", "bias") if f"{name}.{part}" not in tensors]
        if absent:
            raise WeightsError(f"{files[0]} is not VGGish: it lacks {', '.join(absent[:3])} ...")
        return tensors

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)


def log_mel(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """ln(m + 0.01) of the mel magnitudes m: frames of 25 ms every 10 ms, (frames, 64).

    Source: mel_features.py of the AudioSet models.
    """
    y = np.pad(np.asarray(sound, np.float32), (0, max(0, WINDOW - len(sound))))
    window = 0.5 - 0.5 * np.cos(2 * np.pi / WINDOW * np.arange(WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(y, WINDOW)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * window, FFT))
    return np.log(magnitude @ mel_filters() + OFFSET).astype(np.float32)


def mel_filters() -> NDArray[np.float64]:
    """Triangles of height 1 between equal steps of 1127 ln(1 + f / 700), (257, 64); 0 Hz counts nowhere."""
    bins = 1127 * np.log1p(np.linspace(0, RATE / 2, FFT // 2 + 1) / 700)[:, None]
    edges = np.linspace(1127 * np.log1p(LOW / 700), 1127 * np.log1p(HIGH / 700), BANDS + 2)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: NDArray[np.float64] = np.minimum(rising, falling).clip(min=0)
    filters[0] = 0
    return filters

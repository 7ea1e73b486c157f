"""The network of MusiCNN in torch, with the weights of its TensorFlow checkpoint.

A patch is 187 frames x 96 mel bands (3 s). Front end: two "timbral" convolutions that span most of the mel
axis and three "temporal" ones that span time only, each max-pooled over frequency; then three convolutions
over time with residuals, mean and max pooling over time, a dense layer of 200 and 50 sigmoid tags.

Source: Pons & Serra 2019, arXiv 1909.06654; layer order and padding as in the published code.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tastemaker.core import WeightsError
from tastemaker.features.audio import checkpoint

FRAMES, BANDS = 187, 96
EPSILON = 1e-3  # of TensorFlow's batch normalisation
TEMPORAL = (128, 64, 32)  # frames that the convolutions 2, 3, 4 span


class Network:
    """The trained tagger, for inference.

    Args:
        folder: The checkpoint's folder, ".../MTT_musicnn" or ".../MSD_musicnn".

    Raises:
        WeightsError: The checkpoint is absent, damaged or of another network.
    """

    def __init__(self, folder: str) -> None:
        tensors = checkpoint.load(f"{folder}/")
        try:
            self._input = _norm(tensors, 0)
            self._front = [_Front(tensors, layer) for layer in range(5)]
            self._deep = [(_kernel(tensors, i), _bias(tensors, i), _norm(tensors, i + 1)) for i in (5, 6, 7)]
            self._pooled, self._hidden = _norm(tensors, 9), _norm(tensors, 10)
            self._dense = [_dense(tensors, name) for name in ("dense", "dense_1")]
        except KeyError as error:
            raise WeightsError(f"{folder} is no checkpoint of MusiCNN: it has no {error}.") from error

    def __call__(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Penultimate layer (b, 200) and tags (b, 50) in [0, 1] of log-mel patches (b, 187, 96)."""
        scale, shift = self._input
        x = patches[:, None] * scale + shift
        deep = [torch.cat([front(x) for front in self._front], 1)]  # (b, 561, 187)
        for i, (kernel, bias, (scale, shift)) in enumerate(self._deep):
            new = F.relu(F.conv1d(deep[-1], kernel, bias, padding=3)) * scale[:, None] + shift[:, None]
            deep.append(new + deep[-1] if i else new)  # residual from the second on
        m = torch.cat(deep, 1)  # (b, 753, 187): 561 + 3 * 64
        pooled = torch.stack([m.amax(2), m.mean(2)], 2).flatten(1)  # (b, 1506), max and mean interleaved
        w1, b1 = self._dense[0]
        hidden = F.relu((pooled * self._pooled[0] + self._pooled[1]) @ w1 + b1)
        embedding = hidden * self._hidden[0] + self._hidden[1]
        return embedding, self.tags(embedding)

    def tags(self, embedding: Tensor) -> Tensor:
        """Tags (b, 50) in [0, 1] of the penultimate layer (b, 200)."""
        weight, bias = self._dense[1]
        return torch.sigmoid(embedding @ weight + bias)


class _Front:
    """One group of filters, its ReLU and batch norm, and the maximum over frequency.

    ReLU and a batch norm with a positive factor keep order, so the maximum is taken first: far fewer numbers
    pass through them. Where the factor is negative, the kernel is negated and the minimum comes out.
    """

    def __init__(self, tensors: dict[str, NDArray[np.float32]], layer: int) -> None:
        kernel = _array(tensors, f"{_name('conv2d', layer)}/kernel")[:, :, 0, :]  # (frames, bands, out)
        self._scale, self._shift = (part[:, None] for part in _norm(tensors, layer + 1))
        self._sign = torch.where(self._scale < 0, -1.0, 1.0)
        self._bias = _bias(tensors, layer)[:, None]
        self._frames, self._bands = kernel.shape[:2]
        self._kernel = (kernel.flatten(0, 1) * self._sign[:, 0]).contiguous()  # (frames * bands, out)

    def __call__(self, x: Tensor) -> Tensor:
        """(b, 1, 187, 96) -> (b, out, 187)."""
        before = (self._frames - 1) // 2  # TensorFlow's SAME for even kernels: one frame more behind
        padded = F.pad(x[:, 0], (0, 0, before, self._frames - 1 - before))
        windows = padded.unfold(1, self._frames, 1).unfold(2, self._bands, 1)  # (b, 187, places, frames, bands)
        peaks = torch.stack([self._peak(one) for one in windows])
        return F.relu(peaks * self._sign + self._bias) * self._scale + self._shift

    def _peak(self, windows: Tensor) -> Tensor:
        """One patch as one matrix product: (187, places, frames, bands) -> (out, 187)."""
        return (windows.flatten(2).flatten(0, 1) @ self._kernel).view(*windows.shape[:2], -1).amax(1).T


def _name(kind: str, layer: int) -> str:
    return f"{kind}_{layer}" if layer else kind


def _array(tensors: dict[str, NDArray[np.float32]], name: str) -> Tensor:
    return torch.from_numpy(np.array(tensors[name], np.float32))


def _bias(tensors: dict[str, NDArray[np.float32]], layer: int) -> Tensor:
    return _array(tensors, f"{_name('conv2d', layer)}/bias")


def _kernel(tensors: dict[str, NDArray[np.float32]], layer: int) -> Tensor:
    """A convolution over time, (7, in, 1, out) or (7, width, 1, out) -> (out, in, 7)."""
    kernel = _array(tensors, f"{_name('conv2d', layer)}/kernel")
    return kernel[:, :, 0, :].permute(2, 1, 0).contiguous()


def _dense(tensors: dict[str, NDArray[np.float32]], name: str) -> tuple[Tensor, Tensor]:
    return _array(tensors, f"{name}/kernel"), _array(tensors, f"{name}/bias")


def _norm(tensors: dict[str, NDArray[np.float32]], layer: int) -> tuple[Tensor, Tensor]:
    """A batch norm with its stored statistics as (factor, summand), each (channels,)."""
    name = _name("batch_normalization", layer)
    gamma, beta, mean, variance = (
        _array(tensors, f"{name}/{part}") for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / torch.sqrt(variance + EPSILON)
    return scale, beta - mean * scale

"""Log-mel spectrograms, equal to librosa's, by torch alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Mel:
    """How a spectrogram is made.

    Attributes:
        rate: Samples a second.
        fft: Length of the window and the transform, samples.
        hop: Samples between frames.
        bands: Number of mel bands from 0 Hz to half the rate.
    """

    rate: int
    fft: int
    hop: int
    bands: int

    def log(self, sound: NDArray[np.float32]) -> Tensor:
        """log10(1 + 10000 m) of the mel power m: centred Hann frames, (frames, bands)."""
        import torch

        window = torch.hann_window(self.fft)
        y = torch.from_numpy(np.array(sound, np.float32))  # a copy: decoded sound may be read-only
        spectrum = torch.stft(y, self.fft, self.hop, window=window, pad_mode="constant", return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        mel = torch.from_numpy(filters(self.rate, self.fft, self.bands)) @ power
        return torch.log10(10_000 * mel + 1).T


@lru_cache(maxsize=8)
def filters(rate: int, fft: int, bands: int) -> NDArray[np.float32]:
    """Triangular filters of unit area on Slaney's mel scale, (bands, fft / 2 + 1).

    Source: Slaney 1998, Auditory Toolbox; the default of librosa.filters.mel.
    """
    edges = _hertz(np.linspace(0, _mel(rate / 2), bands + 2))
    slopes = edges[:, None] - np.linspace(0, rate / 2, fft // 2 + 1)[None]  # (bands + 2, bins)
    widths = np.diff(edges)[:, None]
    rising, falling = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.minimum(rising, falling).clip(min=0) * area[:, None]).astype(np.float32)


def _mel(hertz: float) -> float:
    """Linear under 1 kHz (200/3 Hz a mel), logarithmic above (27 mels to a factor of 6.4)."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * (np.log(6.4) / 27)))

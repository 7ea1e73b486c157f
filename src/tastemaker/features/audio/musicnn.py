"""Sound as 200 numbers by MusiCNN, a convolutional network trained to tag music."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Source
from tastemaker.features import engine, weights
from tastemaker.features.audio.mel import Mel
from tastemaker.features.audio.musicnn_tags import MTT

if TYPE_CHECKING:
    from torch import Tensor

    from tastemaker.features.audio.musicnn_net import Network

FOLDER = "MTT_musicnn"
MEL = Mel(rate=16_000, fft=512, hop=256, bands=96)
FRAMES = 187  # of a patch: 3 s


@component
class MusiCNN:
    """Sound as the mean of MusiCNN's penultimate layer over patches of 3 seconds (MagnaTagATune weights).

    A recording shorter than 3 s is filled up with silence; of one with more than `patches` patches, that many
    are taken at even distances, so that a long recording costs no more than a short one.

    Source: Pons & Serra 2019, arXiv 1909.06654.

    Attributes:
        hop: Seconds from the start of a patch to the start of the next; 3 means no overlap.
        patches: At most so many patches of a recording.
        tags: Append the 50 tag probabilities: 250 numbers.
        batch: Recordings a step.
        threads: Threads of torch; 0 leaves them as they are.
        folder: Folder of the weights; "" looks in the usual places.
    """

    name: ClassVar[str] = "musicnn"
    source: ClassVar[Source] = "audio"
    rate: ClassVar[int] = MEL.rate  # samples a second that `encode` expects

    hop: Annotated[float, Gt(0)] = 3.0
    patches: Annotated[int, Ge(1)] = 10
    tags: bool = False
    batch: Annotated[int, Ge(1)] = 4
    threads: Annotated[int, Ge(0)] = 0
    folder: str = ""

    @property
    def dim(self) -> int:
        """Width of the vectors: 200, or 250 with the tags."""
        return 200 + len(MTT) * self.tags

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n mono recordings (float32 at 16 kHz) as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(self.threads):
            both = engine.in_batches(content, self.batch, self._forward)
        return np.ascontiguousarray(both[:, : self.dim])

    def probabilities(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Probabilities of the 50 tags of `musicnn_tags.MTT`, mean over the patches, shape (n, 50)."""
        if not len(content):
            return np.zeros((0, len(MTT)), np.float32)
        with engine.inference(self.threads):
            return engine.in_batches(content, self.batch, self._forward)[:, 200:]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of what it recognises: 50 tags of music."""
        return MTT

    def chances(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Chances of the tags from vectors that `encode` gave, (n, 200 or 250) to (n, 50); each in [0, 1].

        Of a recording of several patches these are the tags of its mean, not the mean of its patches' tags.
        """
        import torch

        with engine.inference(self.threads):
            embedding = torch.from_numpy(np.ascontiguousarray(vectors[:, :200]))
            result: NDArray[np.float32] = self._network.tags(embedding).numpy()
        return result

    def fingerprint(self) -> str:
        """Version, settings and hash of the weights."""
        files = (f"{FOLDER}/.index", f"{FOLDER}/.data-00000-of-00001")
        return engine.fingerprint(self, 1, weights.digest(self._place, files))

    def _forward(self, sounds: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        import torch

        cut = [self._cut(MEL.log(sound)) for sound in sounds]
        embedding, tags = self._network(torch.cat(cut))
        parts = torch.split(torch.cat([embedding, tags], 1), [len(patches) for patches in cut])
        result: NDArray[np.float32] = torch.stack([part.mean(0) for part in parts]).numpy()
        return result

    def _cut(self, mel: Tensor) -> Tensor:
        """Patches of a log-mel spectrogram (frames, 96): (n, 187, 96), n from 1 to `patches`."""
        import torch

        if len(mel) < FRAMES:
            mel = torch.nn.functional.pad(mel, (0, 0, 0, FRAMES - len(mel)))
        step = FRAMES if self.hop == 3.0 else max(1, round(self.hop * MEL.rate / MEL.hop))
        starts = np.arange(0, len(mel) - FRAMES + 1, step)
        if len(starts) > self.patches:
            starts = starts[np.linspace(0, len(starts) - 1, self.patches).round().astype(int)]
        return torch.stack([mel[start : start + FRAMES] for start in starts])

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _network(self) -> Network:
        engine.import_torch()
        from tastemaker.features.audio.musicnn_net import Network

        return Network(str(self._place / FOLDER))

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

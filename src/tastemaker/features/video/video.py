"""Video clips by the encoders of pictures and of sound, with motion and order kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from pydantic import BeforeValidator

from tastemaker.core import BadSetting, component
from tastemaker.data import Source
from tastemaker.features import engine
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.label import Label, Own
from tastemaker.features.media_video import Clip
from tastemaker.features.video.pooling import BLOCKS, GRID, change, over_time


def _inner(value: object) -> object:
    return ENCODERS.coerce(value) if value else None


Inner = Annotated[Any, BeforeValidator(_inner)]


@component
class Video:
    """A clip as its frames' vectors over time, a map of where it moves, and the vector of its sound.

    `frames` frames at even distances go through the encoder of pictures. Their mean, the mean change from frame to
    frame and two cosines of time keep what is there, how much moves, and in which order. The sound goes through
    the encoder of sound; where there is none its numbers and its flag are zero.

    Attributes:
        image: The encoder of the frames: a name or a table, as in `encoders`.
        audio: The encoder of the sound; "" leaves the sound out.
        frames: Frames that are looked at.
        label: Its name where a pipeline has several.
    """

    name: ClassVar[Label] = Label("video")
    source: ClassVar[Source] = "video"

    image: Inner = "efficientnet"
    audio: Inner = "musicnn"
    frames: Annotated[int, Ge(2), Le(64)] = 12
    label: Own = ""

    def __post_init__(self) -> None:
        """The inner encoders, built where defaults were taken."""
        self.image, self.audio = _inner(self.image), _inner(self.audio)
        if self.image is None:
            raise BadSetting("The encoder 'video' needs an encoder of pictures: set `image`.")
        for inner, source in ((self.image, "image"), (self.audio, "audio")):
            if inner is not None and inner.source != source:
                raise BadSetting(f"The setting `{source}` of 'video' got {inner.name!r}, which reads {inner.source}.")

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        heard = 0 if self.audio is None else self.audio.dim + 1
        return int(BLOCKS * self.image.dim + GRID * GRID + heard)

    @property
    def side(self) -> int:
        """Short side in pixels that decoding must keep."""
        return int(self.image.side)

    @property
    def rate(self) -> int:
        """Samples a second of the sound; 0 for no sound."""
        return 0 if self.audio is None else int(self.audio.rate)

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n clips (`Clip`) as float32 of shape (n, dim)."""
        rows = [self._seen(clip) for clip in content]
        seen = np.array(rows, np.float32).reshape(len(rows), -1) if rows else np.zeros((0, self.dim), np.float32)
        return seen if self.audio is None or not rows else np.concatenate([seen, self._heard(content)], axis=1)

    def fingerprint(self) -> str:
        """Version, settings and fingerprints of the inner encoders."""
        inner = [one.fingerprint() for one in (self.image, self.audio) if one is not None]
        return engine.fingerprint(self, 1, " ".join(inner), how=("image", "audio"))

    def _seen(self, clip: Clip) -> NDArray[np.float32]:
        return np.concatenate([over_time(self.image.encode(list(clip.frames))), change(clip.frames)])

    def _heard(self, content: Sequence[Clip]) -> NDArray[np.float32]:
        """Vectors of the sounds, of length 1, and whether there is one."""
        out = np.zeros((len(content), self.audio.dim + 1), np.float32)
        there = [row for row, clip in enumerate(content) if len(clip.sound)]
        if there:
            rows = self.audio.encode([content[row].sound for row in there])
            out[there, :-1] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
            out[there, -1] = 1
        return out

"""Short video clips: the hidden class is how a shape moves; shape, colour and speed vary within it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra

SIZE = 96  # pixels
FRAMES = 24  # two seconds at RATE
RATE = 12  # frames a second


def film_clip(path: Path, kind: int, rng: np.random.Generator) -> None:
    """Film one clip: MPEG-4 in an MP4 file, two seconds, 96 x 96 pixels.

    Args:
        path: Where to, in an existing folder.
        kind: Hidden class, 0..3: to and fro, up and down, round, growing and shrinking.
        rng: Draws what varies within the class.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtra("av", "video") from error
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("mpeg4", rate=RATE, options={"threads": "1", "flags": "+bitexact"})
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for pixels in _frames(kind, rng):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


def _frames(kind: int, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    ground, colour = rng.integers(150, 256, 3), rng.integers(0, 120, 3)
    turns, phase = rng.uniform(0.8, 2.0) / FRAMES, rng.random()
    square = rng.random() < 0.5
    axis = (np.arange(SIZE) + 0.5) / SIZE
    x, y = np.meshgrid(axis, axis)
    frames = []
    for number in range(FRAMES):
        angle = 2 * np.pi * (turns * number + phase)
        across, down = (0.3 * np.cos(angle), 0.3 * np.sin(angle))
        dx, dy = ((across, 0), (0, down), (across, down), (0, 0))[kind]
        radius = 0.16 + (0.1 * np.sin(angle) if kind == 3 else 0)
        gap_x, gap_y = np.abs(x - 0.5 - dx), np.abs(y - 0.5 - dy)
        inside = (np.maximum(gap_x, gap_y) if square else np.hypot(gap_x, gap_y)) < radius
        frames.append(np.where(inside[..., None], colour, ground).astype(np.uint8))
    return frames

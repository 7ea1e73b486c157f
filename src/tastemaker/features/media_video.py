"""Decoding video clips to a few frames at even distances, and their sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.media_audio import CONTAINERS, decode_sound
from tastemaker.features.media_file import LIMITS, Limits, Refused

LONG = 4  # times the short side that is kept of the long side
SMALLEST = 8  # pixels of a side
SHORT = 30.0  # seconds: shorter clips are decoded whole, longer ones here and there
MANY = 2_100_000  # pixels: clips of larger frames are decoded here and there too
AHEAD = 300  # frames decoded after a jump, at most
VIDEO = CONTAINERS + ",gif,flv,mpegvideo,mpeg,ogv,mjpeg"


class Clip(NamedTuple):
    """A decoded clip.

    Attributes:
        frames: uint8 RGB, (n, height, width, 3), at even distances in time; the last one again where it has fewer.
        sound: float32 mono, (samples,), empty where it has none.
    """

    frames: NDArray[np.uint8]
    sound: NDArray[np.float32]

    def __len__(self) -> int:
        """One entry, whatever is in it."""
        return 1


class Wanted(NamedTuple):
    """What a clip is decoded to: frames, the short side of each in pixels, samples a second (0 for no sound)."""

    frames: int
    side: int
    rate: int


def decode_video(file: BinaryIO, wanted: Wanted, limits: Limits = LIMITS) -> Clip:
    """Frames at even distances, upright, and the sound as `decode_sound` gives it.

    Raises:
        Refused: It holds no video that can be read, lasts too long, or its frames are too large or too small.
    """
    import av

    options = {"format_whitelist": VIDEO, "protocol_whitelist": "pipe"}
    try:
        with av.open(file, options=options) as container:
            frames = _frames(container, wanted, limits)
    except av.FFmpegError as error:
        raise Refused(f"it is no video of a known kind ({error.strerror})") from error
    return Clip(frames, _sound(file, wanted.rate, limits))


def _sound(file: BinaryIO, rate: int, limits: Limits) -> NDArray[np.float32]:
    """The sound; empty where there is none that can be read: the frames stand alone then."""
    if not rate:
        return np.empty(0, np.float32)
    file.seek(0)
    try:
        return decode_sound(file, rate, limits)
    except Refused:
        return np.empty(0, np.float32)


def _frames(container: Any, wanted: Wanted, limits: Limits) -> NDArray[np.uint8]:
    import av

    if not container.streams.video:
        raise Refused("it holds no video")
    stream = container.streams.video[0]
    pixels = _check((stream.width, stream.height), limits)
    seconds = float(container.duration or 0) / av.time_base
    if seconds > limits.longest:
        raise Refused(f"it lasts {seconds / 3600:,.1f} hours, more than the {limits.longest / 3600:g} allowed")
    stream.codec_context.thread_count = 1
    if seconds and (seconds > SHORT or pixels > MANY):
        found = list(_here_and_there(container, stream, seconds, wanted.frames))
    else:
        found = _evenly(container.decode(stream), wanted.frames)
    if not found:
        raise Refused("it has no frame that can be decoded")
    return np.stack(_alike([_small(frame, wanted.side, limits) for frame in found]))


def _check(size: tuple[int, int], limits: Limits) -> int:
    width, height = size
    if width * height > limits.pixels:
        raise Refused(f"it has frames of {width} x {height} pixels, more than {limits.pixels / 1e6:g} million")
    if min(width, height) < SMALLEST:
        raise Refused(f"it has frames of only {width} x {height} pixels")
    return width * height


def _evenly(frames: Iterable[Any], n: int) -> list[Any]:
    """`n` frames at even distances of any number, with at most 4 n held; the last ones again where there are fewer."""
    kept: list[Any] = []
    step = 1
    for number, frame in enumerate(frames):
        if number % step == 0:
            kept.append(frame)
        if len(kept) >= 4 * n:
            kept, step = kept[::2], 2 * step
    at = ((np.arange(n) + 0.5) * len(kept) / n).astype(int)
    return [kept[place] for place in at] if kept else []


def _here_and_there(container: Any, stream: Any, seconds: float, n: int) -> Iterator[Any]:
    """The frames at the middles of `n` even parts of a long clip, by jumps."""
    start = float((stream.start_time or 0) * stream.time_base)
    for part in range(n):
        time = start + (part + 0.5) * seconds / n
        container.seek(int(time / stream.time_base), stream=stream)
        found = None
        for number, frame in enumerate(container.decode(stream)):
            found = frame
            if number >= AHEAD or (frame.time is not None and frame.time >= time):
                break
        if found is not None:
            yield found


def _small(frame: Any, side: int, limits: Limits) -> NDArray[np.uint8]:
    """RGB with the short side brought down to `side`, the middle of a long strip, upright."""
    _check((frame.width, frame.height), limits)  # frames may be larger than their head promises
    scale = min(1.0, side / min(frame.width, frame.height))
    size = [max(1, round(edge * scale)) for edge in (frame.width, frame.height)]
    pixels = frame.reformat(*size, format="rgb24", interpolation="AREA").to_ndarray()
    short = min(pixels.shape[:2])
    height, width = (min(edge, LONG * short) for edge in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels[top : top + height, left : left + width], turns))


def _alike(frames: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Frames of the size of the first; a clip may change its size midway."""
    first = frames[0].shape
    if all(frame.shape == first for frame in frames):
        return frames
    from PIL import Image

    return [np.asarray(Image.fromarray(frame).resize((first[1], first[0]))) for frame in frames]

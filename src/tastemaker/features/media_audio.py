"""Decoding sound, whatever its kind, to one channel at one rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.media_file import LIMITS, Limits, Refused

RATES = (1_000, 800_000)  # samples a second that can be sound
SHORTEST = 0.05  # seconds
# Containers that PyAV may open: play lists and the like would open other files or the network.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,aac,matroska,webm,asf,ogg,mp3,flac,wav,aiff,amr,avi,mpegts,caf,ac3,wv,ape"


def decode_sound(file: BinaryIO, rate: int, limits: Limits = LIMITS) -> NDArray[np.float32]:
    """The middle of a sound's first minutes, the mean of its channels, at `rate`.

    Args:
        file: An open file.
        rate: Samples a second wanted.
        limits: What it may cost, and how much is kept.

    Returns:
        Shape (samples,), finite, within [-1, 1] but for the overshoot of resampling.

    Raises:
        Refused: It is empty, absurdly long, holds samples that are no numbers, or cannot be read.
    """
    import soundfile
    import soxr

    try:
        with soundfile.SoundFile(file) as sound:
            mono, found = _middle(sound, limits), int(sound.samplerate)
    except soundfile.LibsndfileError as error:
        file.seek(0)
        mono, found = _other(file, limits, str(error))
    return np.asarray(soxr.resample(_checked(mono, found), found, rate), np.float32)


def sound_length(file: BinaryIO, limits: Limits = LIMITS) -> NDArray[np.float64]:
    """Seconds (nan where only decoding would tell), samples a second and channels that the head of a sound tells.

    Shape (3,). Raises `Refused` where it is absurdly long or cannot be read.
    """
    import soundfile

    try:
        with soundfile.SoundFile(file) as sound:
            rate = int(sound.samplerate)
            _check_rate(rate)
            _check_length(sound.frames / rate, limits)
            return np.array([sound.frames / rate, rate, sound.channels], np.float64)
    except soundfile.LibsndfileError:
        return np.full(3, np.nan)


def _middle(sound: Any, limits: Limits) -> NDArray[np.float32]:
    rate, frames = int(sound.samplerate), int(sound.frames)
    _check_rate(rate)
    _check_length(frames / rate, limits)
    start, kept = _window(frames, rate, limits)
    if start:
        sound.seek(start)
    blocks = [block.mean(axis=1) for block in _blocks(sound, kept, rate)]
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)


def _blocks(sound: Any, kept: int, rate: int) -> Iterator[NDArray[np.float32]]:
    """A second at a time: a thousand channels must not fill the memory."""
    while kept > 0:
        block = sound.read(min(kept, rate), dtype="float32", always_2d=True)
        if not len(block):
            return
        kept -= len(block)
        yield block


def _window(frames: int, rate: int, limits: Limits) -> tuple[int, int]:
    """Start and length of what is kept."""
    read = min(frames, int(limits.read * rate))
    kept = min(read, int(limits.kept * rate))
    return (read - kept) // 2, kept


def _check_rate(rate: int) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        raise Refused(f"it has {rate:,} samples a second, which cannot be sound")


def _check_length(seconds: float, limits: Limits) -> None:
    if seconds > limits.longest:
        raise Refused(f"it lasts {seconds / 3600:,.1f} hours, more than the {limits.longest / 3600:g} allowed")


def _checked(mono: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    if len(mono) < SHORTEST * rate:
        raise Refused("it has no samples" if not len(mono) else f"it lasts only {1000 * len(mono) / rate:.0f} ms")
    if not np.isfinite(mono).all():
        raise Refused("it has samples that are no numbers")
    peak = float(np.abs(mono).max())
    return mono / np.float32(peak) if peak > 1 else mono


def _other(file: BinaryIO, limits: Limits, why: str) -> tuple[NDArray[np.float32], int]:
    """What libsndfile cannot read (AAC, WMA, the sound of a video), by PyAV where it is installed."""
    try:
        import av
    except ImportError as error:
        raise Refused(f"it is no sound that libsndfile reads ({why}); `pip install av` reads more kinds") from error
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "pipe"}
    try:
        with av.open(file, options=options) as container:
            return _streamed(container, limits)
    except av.FFmpegError as error:
        raise Refused(f"it is no sound of a known kind ({error.strerror})") from error


def _streamed(container: Any, limits: Limits) -> tuple[NDArray[np.float32], int]:
    import av

    if not container.streams.audio:
        raise Refused("it holds no sound")
    stream = container.streams.audio[0]
    rate = int(stream.rate or 0)
    _check_rate(rate)
    if container.duration:
        _check_length(container.duration / av.time_base, limits)
    flat = av.AudioResampler(format="fltp")
    frames = (part for frame in container.decode(stream) for part in flat.resample(frame))
    mono = _first(frames, int(limits.read * rate))
    start, kept = _window(len(mono), rate, limits)
    return mono[start : start + kept], rate


def _first(frames: Iterator[Any], most: int) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = []
    total = 0
    for frame in frames:
        blocks.append(frame.to_ndarray().mean(axis=0, dtype=np.float32))
        total += len(blocks[-1])
        if total >= most:
            break
    return np.concatenate(blocks)[:most] if blocks else np.empty(0, np.float32)

"""The process that opens media: reads requests, decodes, answers; it may be killed at any time.

A request is a line of JSON: path, root, kind ("image" or "audio"), side or rate. An answer is a line of JSON,
either ``{"error": reason}`` or ``{"dtype", "shape", "bytes"}`` followed by that many bytes.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 200 << 20
MAX_PIXELS = 50_000_000
MAX_SECONDS = 600.0  # of a sound that are read at all
KEPT_SECONDS = 60.0  # of its middle that are encoded
MAX_MEMORY = 6 << 30


class Refused(Exception):
    """A file that cannot be taken; the text says why."""


def main() -> None:
    """Answer requests until standard input ends."""
    _limit()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a decoder prints must not mix with the answers
    for line in sys.stdin.buffer:
        _answer(json.loads(line), answers)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on this system: the parent's clock still guards
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: dict[str, Any], answers: BinaryIO) -> None:
    try:
        array = decode(request)
    except Refused as error:
        return _send(answers, {"error": str(error)})
    except MemoryError:
        return _send(answers, {"error": "it needs too much memory"})
    except Exception as error:  # noqa: BLE001 - decoders raise anything on damaged files
        return _send(answers, {"error": f"it cannot be decoded ({type(error).__name__}: {error})"[:300]})
    data = np.ascontiguousarray(array).tobytes()
    return _send(answers, {"dtype": str(array.dtype), "shape": array.shape, "bytes": len(data)}, data)


def _send(answers: BinaryIO, head: dict[str, Any], data: bytes = b"") -> None:
    whole = memoryview(json.dumps(head).encode() + b"\n" + data)
    while whole:
        whole = whole[answers.write(whole) or 0 :]


def decode(request: dict[str, Any]) -> NDArray[Any]:
    """The picture (uint8 RGB, (h, w, 3)) or sound (float32 mono at `rate`) of one request; raises `Refused`."""
    path = Path(request["path"])
    with _open(path, request.get("root")) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if request["kind"] == "image":
            return _image(file, int(request["side"]))
        return _audio(file, int(request["rate"]))


def _open(path: Path, root: str | None) -> BinaryIO:
    """Open a regular file of bearable size inside `root`; never waits for a pipe or a device."""
    try:
        real = path.resolve(strict=True)
        if root is not None and not real.is_relative_to(Path(root).resolve()):
            raise Refused(f"it leads out of the data folder, to {real}")
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as error:
        raise Refused("there is no such file") from error
    except (OSError, RuntimeError) as error:
        raise Refused(f"it cannot be opened ({error})") from error
    file = os.fdopen(handle, "rb")
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        file.close()
        raise Refused("it is no regular file but a folder, pipe or device")
    if found.st_size == 0 or found.st_size > MAX_BYTES:
        file.close()
        raise Refused("it is empty" if found.st_size == 0 else f"it is larger than {MAX_BYTES >> 20} MB")
    return file


def _image(file: BinaryIO, side: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below
    with Image.open(file) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Refused(f"it has {width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} million")
        if min(width, height) < 1:
            raise Refused("it has no pixels")
        scale = side / min(width, height)
        if scale < 1:
            image.draft("RGB", (round(width * scale), round(height * scale)))  # JPEG: decode smaller
        turned = ImageOps.exif_transpose(image)
        picture = _rgb(turned if turned is not None else image)
    short = min(picture.size)
    if short > side:
        picture = picture.resize(
            [max(1, round(edge * side / short)) for edge in picture.size], Image.Resampling.BICUBIC
        )
    return np.asarray(picture, np.uint8)


def _rgb(image: Any) -> Any:
    """RGB over white; 16 bits and floats are scaled to 8 bits."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float64)
        low, high = float(values.min()), float(values.max())
        image = Image.fromarray(((values - low) / max(high - low, 1e-12) * 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _audio(file: BinaryIO, rate: int) -> NDArray[np.float32]:
    import soundfile
    import soxr

    with soundfile.SoundFile(file) as sound:
        frames = min(len(sound), int(MAX_SECONDS * sound.samplerate))
        kept = min(frames, int(KEPT_SECONDS * sound.samplerate))
        if kept <= 0:
            raise Refused("it has no samples")
        if frames > kept:
            sound.seek((frames - kept) // 2)
        samples = sound.read(kept, dtype="float32", always_2d=True)
        if not len(samples):
            raise Refused("it has no samples that can be read")
        mono = samples.mean(axis=1)
        if not np.isfinite(mono).all():
            raise Refused("it has samples that are no numbers")
        return np.asarray(soxr.resample(mono, sound.samplerate, rate), np.float32)


if __name__ == "__main__":
    main()

"""Pictures and sounds of the items, opened once: sizes, loudness, small pictures, and what cannot be opened."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import Run
from tastemaker.data import Dataset
from tastemaker.data.remote.cloud import bring
from tastemaker.features.files import Broken, shown
from tastemaker.features.media import Decoder, Job, require

SIDE = 96  # pixels of the short side of what is kept of a picture
RATE = 16_000  # Hz at which sounds are listened to
FRAME = 0.05  # seconds of a piece of sound that is silent or not
SILENT = -60.0  # dBFS: a piece below is silence
MUTE = 0.95  # share of silent pieces from which on a sound counts as silent
FULL = 0.999  # of full scale: samples from here on are clipped
BLANK = 4.0  # standard deviation of 8-bit pixels below which a picture shows nothing


@dataclass(frozen=True)
class Picture:
    """A picture as it was opened.

    Attributes:
        item: Row of the item.
        path: The file, relative to the data folder.
        width: Pixels of the file.
        height: The same.
        pixels: It, small: uint8 RGB, shape (h, w, 3).
    """

    item: int
    path: str
    width: int
    height: int
    pixels: NDArray[np.uint8]

    @property
    def blank(self) -> bool:
        """Whether it is of one colour."""
        return float(self.pixels.std(axis=(0, 1)).max()) < BLANK


@dataclass(frozen=True)
class Sound:
    """A sound as it was opened; loudness and silence are of the minute that is encoded.

    Attributes:
        item: Row of the item.
        path: The file, relative to the data folder.
        seconds: Length of the file, nan where its head does not tell.
        loudness: Root of the mean square in dBFS: 0 is full scale, -inf is digital silence.
        silence: Share of pieces of 50 ms below -60 dBFS, in [0, 1].
        clipped: Share of samples at full scale, in [0, 1].
    """

    item: int
    path: str
    seconds: float
    loudness: float
    silence: float
    clipped: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.silence >= MUTE


@dataclass(frozen=True)
class Opened:
    """What became of the media files that were looked at, of how many there are."""

    pictures: tuple[Picture, ...] = ()
    sounds: tuple[Sound, ...] = ()
    broken: tuple[Broken, ...] = ()
    tried: int = 0


def opened(data: Dataset, run: Run) -> Opened:
    """Open all pictures and sounds of the items of `data`; `run` shows progress."""
    pictures, broken, tried = _looked(data, "image", run)
    sounds, mute, heard = _looked(data, "audio", run)
    return Opened(tuple(pictures), tuple(sounds), (*broken, *mute), tried + heard)


def _looked(data: Dataset, kind: Any, run: Run) -> tuple[list[Any], list[Broken], int]:
    files = [(row, path) for row, entry in enumerate(data.content.get(kind, ())) for path in entry]
    good: list[Any] = []
    broken: list[Broken] = []
    if not files:
        return good, broken, 0
    require(kind)
    bring(data, kind, run)
    size = SIDE if kind == "image" else RATE
    with Decoder() as decoder:
        heads = list(decoder.decode(Job(path, f"{kind} head", size, data.root) for _, path in files))
        whole = decoder.decode(Job(path, kind, size, data.root) for _, path in files)
        work = zip(files, heads, run.progress(whole, kind, len(files)), strict=True)
        for (row, path), head, body in work:
            name = shown(path, data.root)
            if not isinstance(body, np.ndarray):  # a reason; videos are not asked for
                broken.append(Broken(data.items.ids[row], name, kind, str(body)))
            else:
                good.append((_picture if kind == "image" else _sound)(row, name, head, body))
    return good, broken, len(files)


def _picture(row: int, path: str, head: Any, pixels: NDArray[np.uint8]) -> Picture:
    width, height = (pixels.shape[1], pixels.shape[0]) if isinstance(head, str) else map(int, head)
    return Picture(row, path, width, height, pixels)


def _sound(row: int, path: str, head: Any, wave: NDArray[np.float32]) -> Sound:
    seconds = math.nan if isinstance(head, str) else float(head[0])
    return Sound(row, path, seconds, *loudness(wave), float((np.abs(wave) >= FULL).mean()))


def loudness(wave: NDArray[np.float32], rate: int = RATE) -> tuple[float, float]:
    """Loudness in dBFS (-inf for nothing but zeros), and the share of silent pieces."""
    size = min(int(FRAME * rate), len(wave))
    frames = wave[: len(wave) // size * size].reshape(-1, size).astype(np.float64)
    power = (frames**2).mean(axis=1)
    silent = power < 10 ** (SILENT / 10)
    total = float(power.mean())
    return 10 * math.log10(total) if total > 0 else -math.inf, float(silent.mean())


def thumbnail(pixels: NDArray[np.uint8], side: int = SIDE) -> str:
    """A picture as a small ``data:`` address (JPEG) that a page can hold."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((side * 2, side))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"


def first_pictures(pictures: Sequence[Picture]) -> dict[int, Picture]:
    """The first picture of each item by its row."""
    found: dict[int, Picture] = {}
    for picture in pictures:
        found.setdefault(picture.item, picture)
    return found

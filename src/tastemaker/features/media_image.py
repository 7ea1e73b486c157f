"""Decoding pictures, whatever their kind, to small RGB arrays."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.media_file import LIMITS, Limits, Refused

# Kinds that are decoded by libraries; others may call programs (PostScript calls Ghostscript) or fetch files.
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "ICO")
LONG = 4  # times the short side that is kept of the long side
GAP = 4  # times the wanted size that a quick step to it may leave: less changes vectors
SMALLEST = 2  # pixels of a side: pictures of one pixel are place-holders
ORIENTATION = 274  # the EXIF tag


def decode_image(file: BinaryIO, side: int, limits: Limits = LIMITS, long: int = LONG) -> NDArray[np.uint8]:
    """The first frame of a picture as RGB over white, upright, scaled to 8 bits.

    Args:
        file: An open file.
        side: Larger pictures are shrunk until the short side has so many pixels.
        limits: What it may cost.
        long: Times the short side that is kept of the long side; of smaller pictures at least 4.

    Returns:
        Shape (height, width, 3); of a longer strip the middle, so many times as long as wide.

    Raises:
        Refused: It has too many pixels, or hardly any, or is no picture that can be read.
    """
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own limit stands below, and needs no warning
    try:
        with Image.open(file, formats=_known(Image)) as image:
            _check(image.size, limits)
            whole = image.size
            _shrink_early(image, side)
            small = _resized(_rgb(image), _sizes(whole, side, long))
            return np.array(_upright(small, image), np.uint8)
    except UnidentifiedImageError as error:
        raise Refused("it is no picture of a known kind") from error


def image_size(file: BinaryIO, limits: Limits = LIMITS) -> NDArray[np.float64]:
    """Width and height that the head of a picture tells, shape (2,); raises `Refused` as `decode_image` does."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(file, formats=_known(Image)) as image:
            _check(image.size, limits)
            return np.array(image.size, np.float64)
    except UnidentifiedImageError as error:
        raise Refused("it is no picture of a known kind") from error


def _known(image: Any) -> list[str]:
    image.init()
    return [name for name in FORMATS if name in image.OPEN]


def _check(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.pixels:
        raise Refused(f"it has {width} x {height} pixels, more than {limits.pixels / 1e6:g} million")
    if min(width, height) < SMALLEST:
        raise Refused(f"it has only {width} x {height} pixels")


def _shrink_early(image: Any, side: int) -> None:
    """Let JPEG decode at 1/2, 1/4 or 1/8 where `GAP` times the wanted size is left for a good resize."""
    scale = GAP * side / min(image.size)
    if scale < 1:
        image.draft("RGB", tuple(round(edge * scale) for edge in image.size))


def _rgb(image: Any) -> Any:
    """RGB over white; grey of 16 or 32 bits and floats is brought to 8 bits."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, clear)
    return image.convert("RGB")


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    if np.issubdtype(values.dtype, np.integer) and 0 <= values.min() <= values.max() <= 65535:
        return (values // 257 if values.max() > 255 else values).astype(np.uint8)
    number = values.astype(np.float64)
    there = np.isfinite(number)
    if not there.any():
        raise Refused("it has no pixel that is a number")
    low, high = number[there].min(), number[there].max()
    scaled: NDArray[np.float64] = (np.where(there, number, low) - low) / max(high - low, 1e-12)
    return (scaled * 255).astype(np.uint8)


_Sizes = tuple[tuple[int, int], ...]


def _sizes(whole: tuple[int, int], side: int, long: int) -> _Sizes:
    """Of the picture with its short side brought down to `side`: its width and height, and how much is kept of them."""
    scale = min(1.0, side / min(whole))
    width, height = (max(1, round(edge * scale)) for edge in whole)
    small = min(whole) < side  # it will be enlarged, and pixels must not fall elsewhere then
    most = (max(long, LONG) if small else long) * min(width, height)
    return (width, height), (min(width, most), min(height, most))


def _resized(image: Any, sizes: _Sizes) -> Any:
    """The middle of the resized picture; pixels fall where they would if the whole of it were resized and cut."""
    from PIL import Image

    size, kept = sizes
    starts = [(edge - keep) // 2 for edge, keep in zip(size, kept, strict=True)]
    scales = [before / after for before, after in zip(image.size, size, strict=True)]
    box = [at * scale for at, scale in zip(starts, scales, strict=True)]
    box += [(at + keep) * scale for at, keep, scale in zip(starts, kept, scales, strict=True)]
    ends = [min(end, edge) for end, edge in zip(box[2:], image.size, strict=True)]  # rounding leads out of it
    return image.resize(kept, Image.Resampling.BICUBIC, box=(*box[:2], *ends), reducing_gap=float(GAP))


def _upright(image: Any, origin: Any) -> Any:
    """Turned as the camera noted; notes that cannot be read turn nothing."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(origin.getexif().get(ORIENTATION, 1))
    except Exception:  # a damaged note raises anything
        turn = None
    return image if turn is None else image.transpose(turn)

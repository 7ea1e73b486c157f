"""Pictures of any size to the normalised squares that image networks take."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, MissingExtra

MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, RGB in [0, 1]
STD = np.array([0.229, 0.224, 0.225], np.float32)


FACTOR, SHIFT = 1 / (255 * STD), MEAN / STD


def square(picture: NDArray[np.uint8], short: int, side: int) -> NDArray[np.float32]:
    """Resize the short side to `short` (bicubic, antialiased), cut out the centre and normalise.

    Only what the cut keeps is resized, so a strip of 10 x 10,000 pixels does not become a huge picture; the pixels are
    those that resizing the whole and then cutting gives.

    Args:
        picture: RGB, (height, width, 3), uint8.
        short: Length of the short side after resizing, pixels.
        side: Side of the centre square, pixels, at most `short`.

    Returns:
        Shape (side, side, 3), mean about 0, standard deviation about 1.

    Raises:
        DataError: The array is no RGB picture.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise DataError(f"A picture must be uint8 of shape (height, width, 3); got {picture.dtype} of {picture.shape}.")
    values = np.multiply(_cut(picture, short, side), FACTOR, dtype=np.float32)
    values -= SHIFT
    return values


def _cut(picture: NDArray[np.uint8], short: int, side: int) -> NDArray[np.uint8]:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error
    height, width = picture.shape[:2]
    scale = short / min(height, width)
    high, wide = (max(short, round(edge * scale)) for edge in (height, width))
    top, left = (high - side) // 2, (wide - side) // 2
    if (high, wide) == (height, width):
        return picture[top : top + side, left : left + side]
    down, across = height / high, width / wide
    first, last = top * down, (top + side) * down
    reach = math.ceil(2 * max(1.0, down)) + 1  # rows beyond these that the second step reads
    start, end = max(0, math.floor(first) - reach), min(height, math.ceil(last) + reach)
    image = Image.fromarray(np.ascontiguousarray(picture[start:end]))
    box = (left * across, 0, min(width, (left + side) * across), end - start)
    strip = image.resize((side, end - start), Image.Resampling.BICUBIC, box=box)  # across first, as of whole pictures
    box = (0, first - start, side, min(end - start, last - start))
    return np.asarray(strip.resize((side, side), Image.Resampling.BICUBIC, box=box))

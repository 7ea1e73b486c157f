"""Pictures of any size to the normalised squares that image networks take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, MissingExtra

MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, RGB in [0, 1]
STD = np.array([0.229, 0.224, 0.225], np.float32)


def square(picture: NDArray[np.uint8], short: int, side: int) -> NDArray[np.float32]:
    """Resize the short side to `short` (bicubic, antialiased), cut out the centre and normalise.

    Args:
        picture: RGB, (height, width, 3), uint8.
        short: Length of the short side after resizing, pixels.
        side: Side of the centre square, pixels, at most `short`.

    Returns:
        Shape (side, side, 3), mean about 0, standard deviation about 1.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise DataError(
            f"A picture must be uint8 of shape (height, width, 3); got {picture.dtype} of {picture.shape}."
        )
    height, width = picture.shape[:2]
    scale = short / min(height, width)
    wide, high = max(short, round(width * scale)), max(short, round(height * scale))
    left, top = (wide - side) / 2, (high - side) / 2
    # resize only what the cut keeps: a strip of 10 x 10,000 pixels must not become a huge picture
    box = (
        left * width / wide,
        top * height / high,
        (left + side) * width / wide,
        (top + side) * height / high,
    )
    cut = Image.fromarray(np.ascontiguousarray(picture)).resize(
        (side, side), Image.Resampling.BICUBIC, box=box
    )
    result: NDArray[np.float32] = (np.asarray(cut, np.float32) / 255 - MEAN) / STD
    return result

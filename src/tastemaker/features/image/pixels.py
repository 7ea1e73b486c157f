"""Pictures of any size to the normalised squares that image networks take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError, MissingExtra

MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, RGB in [0, 1]
STD = np.array([0.229, 0.224, 0.225], np.float32)


def square(picture: NDArray[np.uint8], short: int, side: int) -> NDArray[np.float32]:
    """Resize the short side to `short` (bicubic, antialiased), cut out the centre and normalise.

    Only what the cut keeps is resized: a strip of 10 x 10,000 pixels does not become a huge picture.

    Args:
        picture: RGB, (height, width, 3), uint8.
        short: Length of the short side after resizing, pixels.
        side: Side of the centre square, pixels, at most `short`.

    Returns:
        Shape (side, side, 3), mean about 0, standard deviation about 1.

    Raises:
        DataError: The array is no RGB picture.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise DataError(f"A picture must be uint8 of shape (height, width, 3); got {picture.dtype} of {picture.shape}.")
    height, width = picture.shape[:2]
    kept = min(height, width) * side / short  # side of the square in pixels of the picture
    left, top = (width - kept) / 2, (height - kept) / 2
    image = Image.fromarray(np.ascontiguousarray(picture))
    cut = image.resize((side, side), Image.Resampling.BICUBIC, box=(left, top, left + kept, top + kept))
    values = (np.asarray(cut, np.float32) / 255 - MEAN) / STD
    return values.astype(np.float32, copy=False)

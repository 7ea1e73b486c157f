"""Drawn pictures: the hidden class is how a picture is drawn; colours, sizes and places vary within it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra

# Hues (0..1) that a class prefers; a picture takes one of its own in three of four cases, else any.
HUES = (0.02, 0.58, 0.33, 0.12, 0.78, 0.48, 0.92, 0.66)
PLAIN = ("box", "bag", "bottle")


def draw_picture(path: Path, kind: int, size: int, rng: np.random.Generator, *, plain: bool = False) -> None:
    """Draw one picture as JPEG.

    Args:
        path: Where to, in an existing folder.
        kind: Hidden class, 0..7.
        size: Width and height in pixels.
        rng: Draws what varies within the class.
        plain: Draw an article on a white ground, as catalogues do, with that picture printed on it.

    Raises:
        MissingExtra: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra("pillow", "image") from error
    drawn = _KINDS[kind](size, _palette(kind, rng), rng)
    drawn = _article(drawn, PLAIN[int(rng.integers(len(PLAIN)))], rng) if plain else drawn
    grain = rng.normal(scale=0.015, size=drawn.shape)
    pixels = np.clip(255 * (drawn + grain), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, "JPEG", quality=88)


Picture = NDArray[np.float64]  # (size, size, 3), 0..1


def _palette(kind: int, rng: np.random.Generator) -> Picture:
    """Ground, main and second colour, shape (3, 3)."""
    hue = HUES[kind] + rng.normal(scale=0.04) if rng.random() < 0.75 else rng.random()
    hues = hue + np.array([0.0, rng.normal(scale=0.03), rng.choice([0.08, 0.5])])
    return np.stack([_colour(h, s, v) for h, s, v in zip(hues, (0.25, 0.75, 0.8), (0.95, 0.75, 0.5), strict=True)])


def _colour(hue: float, saturation: float, value: float) -> Picture:
    from colorsys import hsv_to_rgb

    return np.array(hsv_to_rgb(hue % 1.0, saturation, value))


def _grid(size: int) -> tuple[Picture, Picture]:
    """Across and down of each pixel, 0..1."""
    axis = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(axis, axis)
    return x, y


def _paint(where: NDArray[Any], colour: Picture, ground: Picture) -> Picture:
    """`colour` over `ground` where the mask (0..1) is 1."""
    mask = np.asarray(where, np.float64)[..., None]
    return np.asarray(mask * colour + (1 - mask) * ground)


def _flat(size: int, colour: Picture) -> Picture:
    return np.broadcast_to(colour, (size, size, 3)).copy()


def _stripes(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    x, y = _grid(size)
    angle, count = rng.uniform(0, np.pi), rng.uniform(5, 11)
    wave = np.sin(2 * np.pi * (count * (x * np.cos(angle) + y * np.sin(angle)) + rng.random()))
    return _paint(np.clip(4 * wave + 0.5, 0, 1), palette[1], _flat(size, palette[0]))


def _dots(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    x, y = _grid(size)
    count, radius = rng.integers(4, 8), rng.uniform(0.22, 0.38)
    row = np.floor(y * count)
    fx, fy = (x * count + 0.5 * (row % 2)) % 1 - 0.5, (y * count) % 1 - 0.5
    return _paint(np.hypot(fx, fy) < radius, palette[2], _flat(size, palette[0]))


def _landscape(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    """Sky with a sun over three ridges."""
    x, y = _grid(size)
    picture = (1 - y[..., None]) * palette[0] + y[..., None] * (0.5 + 0.5 * palette[1])
    sun = np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.15, 0.35)) < rng.uniform(0.06, 0.12)
    picture = _paint(sun, np.array([1.0, 0.95, 0.7]), picture)
    for depth in range(3):
        waves = sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * (f * x + rng.random())) / f for f in (1, 2, 5))
        ridge = 0.45 + 0.17 * depth + 0.08 * waves
        picture = _paint(y > ridge, palette[1] * (1 - 0.25 * depth), picture)
    return picture


def _checks(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    """A tartan: bands across bands."""
    x, y = _grid(size)
    count, thin = int(rng.integers(3, 6)), rng.uniform(0.3, 0.5)
    across, down = (x * count) % 1 < thin, (y * count) % 1 < thin
    picture = _paint(0.55 * across, palette[1], _flat(size, palette[0]))
    picture = _paint(0.55 * down, palette[1], picture)
    line = (np.abs((x * count) % 1 - 0.75) < 0.03) | (np.abs((y * count) % 1 - 0.75) < 0.03)
    return _paint(line, palette[2], picture)


def _rings(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    x, y = _grid(size)
    far = np.hypot(x - rng.uniform(0.3, 0.7), y - rng.uniform(0.3, 0.7))
    wave = np.sin(2 * np.pi * (rng.uniform(6, 12) * far + rng.random()))
    return _paint(np.clip(3 * wave + 0.5, 0, 1), palette[2], _flat(size, palette[0]))


def _shards(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    """A mosaic: every pixel has the shade of its nearest centre."""
    x, y = _grid(size)
    count = int(rng.integers(18, 36))
    centres, shades = rng.random((count, 2)), rng.uniform(0.25, 1.1, count)
    far = (x[..., None] - centres[:, 0]) ** 2 + (y[..., None] - centres[:, 1]) ** 2
    order = np.sort(far, axis=-1)
    picture = shades[far.argmin(-1)][..., None] * (0.4 * palette[0] + 0.6 * palette[1])
    return _paint(np.sqrt(order[..., 1]) - np.sqrt(order[..., 0]) < 0.012, np.zeros(3), picture)


def _clouds(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    """Soft noise: random waves whose strength falls with their frequency."""
    fx, fy = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    far = np.hypot(fx, fy) * size
    spectrum = rng.normal(size=far.shape) + 1j * rng.normal(size=far.shape)
    field = np.fft.irfft2(spectrum / np.maximum(far, 1.0) ** 1.7, s=(size, size))
    level = 0.5 + 0.5 * np.tanh((field - field.mean()) / field.std())
    return _paint(level, palette[1], _flat(size, palette[0]))


def _scribbles(size: int, palette: Picture, rng: np.random.Generator) -> Picture:
    """Lines of a pen that wanders over paper."""
    from PIL import Image, ImageDraw

    big = 2 * size  # drawn twice as large, then reduced: smooth lines
    canvas = Image.new("L", (big, big), 0)
    pen = ImageDraw.Draw(canvas)
    for _ in range(int(rng.integers(4, 8))):
        turn = np.cumsum(rng.normal(scale=0.35, size=90)) + rng.uniform(0, 2 * np.pi)
        steps = 0.03 * np.stack([np.cos(turn), np.sin(turn)], 1)
        points = big * (rng.uniform(0.2, 0.8, 2) + np.cumsum(steps, 0))
        pen.line([tuple(p) for p in points.tolist()], fill=255, width=max(2, big // 70))
    ink = np.asarray(canvas.resize((size, size)), np.float64) / 255
    return _paint(ink, 0.5 * palette[2], _flat(size, 0.5 + 0.5 * palette[0]))


_KINDS = (_stripes, _dots, _landscape, _checks, _rings, _shards, _clouds, _scribbles)


def _article(printed: Picture, shape: str, rng: np.random.Generator) -> Picture:
    """A box, a bag or a bottle on white, with a picture printed on it."""
    size = len(printed)
    x, y = _grid(size)
    wide, high, middle = rng.uniform(0.2, 0.32), rng.uniform(0.25, 0.36), rng.uniform(0.42, 0.58)
    inside = (np.abs(x - middle) < wide) & (np.abs(y - 0.55) < high)
    if shape == "bag":
        handle = np.abs(np.hypot(x - middle, y - 0.55 + high) - 0.6 * wide) < 0.02
        inside = inside | (handle & (y < 0.55 - high))
    elif shape == "bottle":
        neck = (np.abs(x - middle) < 0.3 * wide) & (np.abs(y - 0.55 + high) < 0.08)
        inside = ((np.abs(x - middle) < 0.7 * wide) & (np.abs(y - 0.6) < high)) | neck
    shade = 1 - 0.35 * np.clip((x - middle + wide) / (2 * wide), 0, 1)
    return _paint(inside, shade[..., None] * printed, _flat(size, np.full(3, 0.97)))

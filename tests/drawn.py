"""Raw content for tests: written texts, drawn pictures, synthesised sounds."""

import numpy as np

RATE = 16_000


def texts():
    return [
        "wireless headphones with noise cancelling",
        "bluetooth earphones that block out sound",
        "a cookbook of Italian recipes",
        "A cowboy doll is jealous when a new spaceman figure takes his place. " * 20,
        "无线降噪耳机",
        "é 1995 !",
    ]


def pictures():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (300, 260, 3), dtype=np.uint8)
    red = np.zeros((64, 48, 3), np.uint8)
    red[:, :, 0] = 200
    return [
        noise,
        red,
        checks(224, 300, 16),
        checks(500, 20, 4),
        disc(256),
        np.full((1, 1, 3), 255, np.uint8),
    ]


def checks(height, width, size):
    y, x = np.mgrid[:height, :width] // size
    return np.repeat(((x + y) % 2 * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def disc(size, shift=0.0, colour=(250, 140, 20)):
    y, x = np.mgrid[:size, :size] / size - 0.5
    inside = (x - shift) ** 2 + y**2 < 0.09
    picture = np.full((size, size, 3), (30, 60, 160), np.uint8)
    picture[inside] = colour
    return picture


def sounds():
    rng = np.random.default_rng(0)
    noise = (rng.normal(size=4 * RATE) * 0.1).astype(np.float32)
    return [tone(440, 3.5), tone(110, 7), noise, beat(rng), tone(880, 0.4)]


def tone(hertz, seconds):
    """A plucked note with five partials."""
    t = np.arange(int(seconds * RATE)) / RATE
    partials = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 6))
    return (0.3 * partials * np.exp(-2 * (t % 0.5))).astype(np.float32)


def beat(rng, seconds=6):
    """Bursts of noise twice a second."""
    t = np.arange(seconds * RATE) / RATE
    return (rng.normal(size=len(t)) * np.exp(-20 * (t % 0.5)) * 0.3).astype(np.float32)


def clips():
    """Moving, still, turned round in time; with and without sound."""
    from tastemaker.features.media_video import Clip

    moving = np.stack([disc(64, shift) for shift in (-0.2, 0.0, 0.2)])
    mixed = np.stack([checks(64, 64, 8), disc(64), checks(64, 64, 16)])
    return [
        Clip(moving, tone(440, 2.0)),
        Clip(moving, np.empty(0, np.float32)),
        Clip(moving[::-1], np.empty(0, np.float32)),
        Clip(np.stack([checks(64, 96, 8)] * 3), np.empty(0, np.float32)),
        Clip(mixed, tone(110, 1.0)),
    ]


CONTENT = {"text": texts, "image": pictures, "audio": sounds, "video": clips}

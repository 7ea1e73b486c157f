"""Seeds: every random draw comes from a `Generator` that a seed made."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def generator(seed: int, purpose: str = "") -> np.random.Generator:
    """A generator for one purpose: draws for one purpose never shift those for another."""
    return np.random.default_rng([seed, crc32(purpose.encode())])

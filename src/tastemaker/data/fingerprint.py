"""A hash of what is learned from."""

from __future__ import annotations

import hashlib
from dataclasses import fields

import numpy as np

from tastemaker.data.dataset import Dataset, Interactions
from tastemaker.data.vectors import FeatureSet


def fingerprint(data: Dataset, features: FeatureSet | None = None) -> str:
    """SHA-256 in 64 hexadecimal digits; changes whenever behaviour, ids, vectors or their masks do."""
    digest = hashlib.sha256("\0".join((*data.users.ids, *data.items.ids)).encode())
    for field in fields(Interactions):
        digest.update(np.ascontiguousarray(getattr(data.interactions, field.name)).tobytes())
    for name, found in sorted((features or {}).items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(found.vectors).tobytes() + found.present.tobytes())
    return digest.hexdigest()

"""Figures of a data set for the receipt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import Dataset
from tastemaker.data.events import Events
from tastemaker.data.receipt import EventCount, Share


def shares(data: Dataset) -> dict[str, Share]:
    """Share of items and of interactions with each modality, with an attribute, and with ready-made vectors."""
    n = len(data.items)
    present: dict[str, NDArray[np.bool_]] = {}
    for modality in ("text", "image", "audio", "video"):
        entries = data.content.get(modality)
        present[modality] = np.array([bool(e) for e in entries], bool) if entries is not None else np.zeros(n, bool)
    present["attributes"] = _any([column.present for column in data.item_attributes.values()], n)
    present["vectors"] = _any([found.present for found in data.vectors.values()], n)
    return {name: _share(mask, data.interactions.item) for name, mask in present.items()}


def _any(masks: list[NDArray[np.bool_]], n: int) -> NDArray[np.bool_]:
    return np.logical_or.reduce(masks) if masks else np.zeros(n, bool)


def _share(mask: NDArray[np.bool_], item: NDArray[np.int32]) -> Share:
    return Share(float(mask.mean()) if len(mask) else 0.0, float(mask[item].mean()) if len(item) else 0.0)


def signs(data: Dataset) -> tuple[int, int, int]:
    """Number of positive, neutral and negative rows."""
    sign = data.interactions.sign
    positive, negative = int(np.count_nonzero(sign > 0)), int(np.count_nonzero(sign < 0))
    return positive, len(sign) - positive - negative, negative


def event_counts(data: Dataset, events: Events) -> tuple[EventCount, ...]:
    """Rows of each kind of event; () without events."""
    if len(events.names) == 1:
        return ()
    rows = np.bincount(data.interactions.kind, minlength=len(events.names))
    every = zip(events.names, events.weights, rows, strict=True)
    return tuple(EventCount(name, weight, int(count)) for name, weight, count in every if count or name)


def ratings(data: Dataset) -> tuple[float, float, float] | None:
    """Lowest, middle and highest rating; None where the values are no ratings."""
    if not data.explicit:
        return None
    low, middle, high = np.quantile(data.interactions.value, [0, 0.5, 1])
    return float(low), float(middle), float(high)

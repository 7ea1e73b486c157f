"""Pictures and sounds for a model of transformers, prepared by the folder's own processor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError
from tastemaker.features import engine
from tastemaker.features.hf.model import How, Model

SIDE = 224  # pixels, where the processor does not say
SPARE = 8 / 7  # many processors cut 224 pixels out of 256
SHORTEST = 400  # samples: less is filled up with silence

Inputs = dict[str, Any]


class PictureRunner:
    """A loaded vision model, or the vision half of a joint one.

    Args:
        folder: Where it lies.
        how: Settings.
    """

    def __init__(self, folder: Path, how: How) -> None:
        self._folder, self._how = folder, how
        self._processor = _processor(folder, "AutoImageProcessor", backend="pil")

    @property
    def side(self) -> int:
        """Short side in pixels that decoding must keep."""
        size = self._processor.size or {}
        asked = [int(size[key]) for key in ("shortest_edge", "height", "width") if size.get(key)]
        return int(np.ceil(max(asked or [SIDE]) * SPARE))

    def encode(self, pictures: Sequence[NDArray[np.uint8]], batch: int) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB) as float32 of shape (n, dim)."""
        return engine.in_batches(pictures, batch, lambda some: _alike(self._model, map(self._prepared, some)))

    def _prepared(self, picture: NDArray[np.uint8]) -> Inputs:
        from PIL import Image

        return {"pixel_values": self._processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"]}

    @cached_property
    def _model(self) -> Model:
        return Model(self._folder, self._how)


class SoundRunner:
    """A loaded audio model, or the audio half of a joint one.

    Args:
        folder: Where it lies.
        how: Settings.
        seconds: Length of a window.
        windows: At most so many windows of a sound, at even distances.
    """

    def __init__(self, folder: Path, how: How, seconds: float, windows: int) -> None:
        self._folder, self._how = folder, how
        self._processor = _processor(folder, "AutoFeatureExtractor")
        longest = getattr(self._processor, "nb_max_samples", None)  # of more CLAP would take a part at random
        self._length = min(round(seconds * self.rate), longest or round(seconds * self.rate))
        self._windows = windows

    @property
    def rate(self) -> int:
        """Samples a second that the model expects."""
        return int(self._processor.sampling_rate)

    def encode(self, sounds: Sequence[NDArray[np.float32]], batch: int) -> NDArray[np.float32]:
        """Encode n mono sounds as float32 of shape (n, dim): the mean over a sound's windows."""
        cut = [self._cut(sound) for sound in sounds]
        flat = [window for windows in cut for window in windows]
        rows = engine.in_batches(flat, batch, lambda some: _alike(self._model, map(self._prepared, some)))
        starts = np.cumsum([0, *[len(windows) for windows in cut[:-1]]])
        counts = np.array([len(windows) for windows in cut], np.float32)
        means = np.asarray(np.add.reduceat(rows, starts) / counts[:, None], np.float32)
        return _unit(means) if self._how.normalise else means

    def _cut(self, sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Windows one after the other; what is left over counts where it is half a window, or all there is."""
        starts = np.arange(0, max(1, len(sound) - self._length // 2), self._length)
        if len(starts) > self._windows:
            starts = starts[np.linspace(0, len(starts) - 1, self._windows).round().astype(int)]
        cut = [sound[start : start + self._length] for start in starts]
        return [np.pad(part, (0, max(0, SHORTEST - len(part)))) for part in cut]

    def _prepared(self, window: NDArray[np.float32]) -> Inputs:
        found = self._processor(window, sampling_rate=self.rate, return_tensors="pt")
        return {name: value for name, value in found.items() if name != "attention_mask"}

    @cached_property
    def _model(self) -> Model:
        return Model(self._folder, self._how)


def _alike(model: Model, prepared: Any) -> NDArray[np.float32]:
    """Run entries together that have the same shapes; nothing is padded, so that the batch does not matter."""
    import torch

    groups: dict[tuple[Any, ...], list[int]] = {}
    entries = list(prepared)
    for row, entry in enumerate(entries):
        groups.setdefault(tuple(value.shape for value in entry.values()), []).append(row)
    found: dict[int, NDArray[np.float32]] = {}
    for rows in groups.values():
        joined = {name: torch.cat([entries[row][name] for row in rows]) for name in entries[rows[0]]}
        found |= dict(zip(rows, model(joined), strict=True))
    return np.stack([found[row] for row in range(len(entries))])


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    unit: NDArray[np.float32] = rows / lengths
    return unit


def _processor(folder: Path, kind: str, **how: Any) -> Any:
    transformers = engine.import_transformers()
    try:
        return getattr(transformers, kind).from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **how
        )
    except Exception as error:  # processors raise errors of many kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise WeightsError(f"{folder} holds no {kind} that transformers can read: {reason}") from error

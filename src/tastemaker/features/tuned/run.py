"""A tuned encoder at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.core import SavedError
from tastemaker.features import engine
from tastemaker.features.tuned import saved
from tastemaker.features.tuned.base import base_of, opened
from tastemaker.features.tuned.bert import OpenBert
from tastemaker.features.tuned.low_rank import adapt
from tastemaker.features.tuned.side import SideNet


class TunedRun:
    """A base with what was learned put back.

    Args:
        folder: Of the tuned encoder.
        manifest: What it says.

    Raises:
        SavedError: the base is not the one that was tuned, or the weights do not fit.
    """

    def __init__(self, folder: Path, manifest: saved.Manifest) -> None:
        encoder = base_of(manifest.base)
        if encoder.fingerprint() != manifest.fingerprint:
            raise SavedError(
                f"{folder} was tuned on other weights of {encoder.name!r} than those that are here. Tune it anew."
            )
        self._open = opened(encoder, manifest.max_length)
        self.dim = self._open.widths[-1]
        try:
            self._vectors = self._restored(manifest, saved.tensors(folder))
        except (RuntimeError, KeyError, TypeError) as error:
            raise SavedError(f"{folder} does not fit its base ({error}). Tune it anew.") from error

    def encode(self, content: Sequence[Any], batch: int) -> NDArray[np.float32]:
        """Encode n entries as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        tokens = self._open.tokens(content)
        sizes = [len(row) for row in tokens]
        return engine.in_batches(tokens, batch, self._forward, sizes)

    def _forward(self, tokens: list[Any]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._vectors(tokens).float().numpy()
        return found

    def _restored(self, manifest: saved.Manifest, learned: dict[str, Tensor]) -> Callable[[Any], Tensor]:
        if manifest.how == "side":
            side = SideNet(self._open.widths, **manifest.shape)
            side.load_state_dict(learned)
            side.eval()
            self.dim = side.dim
            return lambda tokens: side.beside(self._open.states(tokens))
        assert isinstance(self._open, OpenBert)
        holder: nn.Module = self._open.model
        if manifest.how == "lora":
            holder = adapt(self._open, **manifest.shape)
        unknown = holder.load_state_dict(learned, strict=manifest.how == "lora").unexpected_keys
        if unknown:
            raise KeyError(unknown[0])
        return self._open.vectors

"""A loaded model of transformers: where it runs, which half of it is asked, how its output is pooled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, WeightsError
from tastemaker.features import engine, local
from tastemaker.features.hf.pooling import natural, of_text, pool


@dataclass(frozen=True)
class How:
    """Settings of a run.

    Attributes:
        source: "text", "image" or "audio".
        pooling: As the encoder's setting.
        normalise: Scale vectors to length 1.
        device: A torch device, or "auto".
        dtype: Name of a torch dtype, or "auto".
    """

    source: str
    pooling: str = "auto"
    normalise: bool = True
    device: str = "auto"
    dtype: str = "auto"


class Model:
    """A model in eval mode on its device.

    Models of two modalities (CLIP, SigLIP, CLAP) give the vectors of their joint space; of models with encoder and
    decoder the encoder is run.

    Args:
        folder: Where it lies.
        how: Settings.

    Raises:
        WeightsError: It cannot be read, or has no pooler though that is asked for.
        BadSetting: A model of two modalities is asked for a third, or for a pooling.
    """

    def __init__(self, folder: Path, how: How) -> None:
        self._folder, self._how = folder, how
        self._device = engine.device(how.device)
        model, pooler = local.load_as(folder, "AutoModel", engine.dtype(how.dtype, self._device))
        self.config = model.config
        self._joint = self._joint_of(model)
        if not pooler:
            self._without_pooler(model)
        encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        self._model = encoder.to(self._device)
        self._pooling = of_text(folder, model.config) if (how.pooling, how.source) == ("auto", "text") else how.pooling

    def __call__(self, inputs: dict[str, Any], mask: Any = None) -> NDArray[np.float32]:
        """One vector an entry, float32 of shape (n, dim).

        Args:
            inputs: What the model takes, by name.
            mask: Places that count in pooling, (n, length); None for all.
        """
        import torch

        placed = {name: self._placed(value) for name, value in inputs.items()}
        if self._joint:
            found = getattr(self._model, self._joint)(**placed)
            vectors = getattr(found, "pooler_output", found).float()
        else:
            vectors = self._pooled(self._model(**placed), None if mask is None else mask.to(self._device))
        if self._how.normalise:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        result: NDArray[np.float32] = vectors.cpu().numpy()
        return result

    def _pooled(self, output: Any, mask: Any) -> Any:
        pooling = natural(output, self._how.source) if self._pooling == "auto" else self._pooling
        if pooling == "pooler" and getattr(output, "pooler_output", None) is None:
            raise WeightsError(f"The model in {self._folder} has no pooler; take pooling = 'mean' or 'cls'.")
        return pool(output, mask, pooling)

    def _placed(self, value: Any) -> Any:
        placed = value.to(self._device)
        return placed.to(self._model.dtype) if placed.is_floating_point() else placed

    def _joint_of(self, model: Any) -> str:
        """The method that gives vectors of a joint space; "" for models of one modality."""
        joint = {f"get_{kind}_features" for kind in ("text", "image", "audio")} & set(dir(model))
        name = f"get_{self._how.source}_features"
        if not joint:
            return ""
        if name not in joint:
            raise BadSetting(f"The model in {self._folder} ({type(model).__name__}) does not read {self._how.source}.")
        if self._how.pooling != "auto":
            raise BadSetting(f"{type(model).__name__} pools by itself: leave out pooling = {self._how.pooling!r}.")
        return name

    def _without_pooler(self, model: Any) -> None:
        """A pooler without weights would be random: take it away."""
        if self._how.pooling == "pooler" or self._joint:
            raise WeightsError(f"{self._folder} has no weights for the pooler; take pooling = 'mean' or 'cls'.")
        model.pooler = None

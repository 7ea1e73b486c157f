"""From an encoder by name to the opened network under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn

from tastemaker.core import BadSetting
from tastemaker.features import weights
from tastemaker.features.base import Encoder
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.tuned.bert import OpenBert
from tastemaker.features.tuned.lite import OpenLite

TEXT, IMAGE = ("minilm", "bert"), ("efficientnet",)


class Open(Protocol):
    """A frozen network whose inside can be read."""

    model: nn.Module

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each layer's states, the vector's last."""
        ...

    def tokens(self, content: Sequence[Any]) -> Sequence[Any]:
        """What the network reads of each entry."""
        ...

    def states(self, tokens: Any) -> Tensor:
        """States of all layers side by side, (b, sum of `widths`)."""
        ...


def base_of(spec: Mapping[str, Any] | str) -> Encoder:
    """The encoder that is tuned; raises `BadSetting` where it cannot be."""
    encoder = ENCODERS.build(spec)
    if encoder.name not in (*TEXT, *IMAGE):
        raise BadSetting(f"The encoder {encoder.name!r} cannot be tuned. Choose one of: {', '.join((*TEXT, *IMAGE))}.")
    return encoder


def opened(encoder: Encoder, max_length: int) -> Open:
    """The network of a base, its weights frozen."""
    place = weights.folder(encoder.name, getattr(encoder, "folder", ""))
    if encoder.source == "image":
        return OpenLite(place)
    return OpenBert(place, max_length, getattr(encoder, "pooling", "mean"))

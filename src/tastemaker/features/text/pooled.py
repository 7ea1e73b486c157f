"""A text encoder of transformers and its pooling as one torch module: token ids and mask in, a vector a text out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Pooled(nn.Module):
    """Hidden states pooled over the tokens.

    Args:
        model: Of transformers.
        pooling: "mean" over the tokens, or "cls", the first token.
        normalise: Scale vectors to length 1.
    """

    def __init__(self, model: Any, pooling: str, *, normalise: bool) -> None:
        super().__init__()
        self.model, self._pooling, self._normalise = model, pooling, normalise

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors (n, dim) in float32 of token ids and mask, both (n, length), int64."""
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        vectors = pool(hidden, mask, self._pooling)
        return nn.functional.normalize(vectors, dim=1) if self._normalise else vectors


def pool(hidden: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """Vectors (n, dim) of hidden states (n, length, dim): the first token's ("cls"), or the mean over the tokens."""
    if pooling == "cls":
        return hidden[:, 0]
    weight = mask[:, :, None].to(torch.float32)
    return (hidden * weight).sum(1) / weight.sum(1)

"""Low-rank adapters on the queries and values of a BERT: few numbers, trained through the whole network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tastemaker.features.tuned.bert import OpenBert

PLACES = ("query", "value")


class LowRank(nn.Module):
    """``x W' + b + alpha / rank * (x A') B'`` around a linear layer whose own weights stay; B starts at 0.

    Source: Hu et al. 2022, LoRA (arXiv 2106.09685).

    Args:
        inner: The layer.
        rank: Rank of the correction.
        alpha: Its strength.
    """

    def __init__(self, inner: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.inner, self._scale = inner, alpha / rank
        self.a = nn.Parameter(torch.empty(rank, inner.in_features))
        self.b = nn.Parameter(torch.zeros(inner.out_features, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output and the correction."""
        out: Tensor = self.inner(x) + self._scale * (x @ self.a.T) @ self.b.T
        return out


def adapt(bert: OpenBert, rank: int, alpha: float) -> nn.ParameterDict:
    """Put adapters into every block of `bert`; the answer holds their parameters, by place."""
    made: dict[str, nn.Parameter] = {}
    for number, block in enumerate(bert.blocks):
        attention = block.get_submodule("attention.self")
        for place in PLACES:
            adapter = LowRank(getattr(attention, place), rank, alpha)
            attention.add_module(place, adapter)
            made |= {f"{number}_{place}_a": adapter.a, f"{number}_{place}_b": adapter.b}
    return nn.ParameterDict(made)

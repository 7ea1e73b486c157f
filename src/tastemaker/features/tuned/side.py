"""A small network beside a frozen encoder: it reads the states of all layers and corrects the encoder's vector."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PULL = 3.0  # length of the frozen vector that corrections are added to


class SideNet(nn.Module):
    """``v = 3 u + W h_L``, scaled to length 1: u the frozen vector, h what the layers' states add up to.

    With x_l the states of layer l, centred and scaled, ``m_l = g_l h_{l-1} + (1 - g_l) A_l x_l`` and
    ``h_l = m_l + U_l gelu(D_l m_l)``: a gate a layer, and an adapter of `bottleneck` numbers. W starts at 0, so the
    untrained network gives the frozen vector. What comes out in the end is u beside v.

    Source: Fu et al. 2024, IISAN (arXiv 2404.02059), here for one modality, with the frozen vector kept.

    Args:
        widths: Of the layers' states, the last being the encoder's vector.
        inner: Width of h.
        bottleneck: Width of the adapters.
        dropout: Share of numbers left out while training.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, widths: Sequence[int], inner: int = 192, bottleneck: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.widths = list(widths)
        self.register_buffer("centre", torch.zeros(sum(widths)))
        self.register_buffer("spread", torch.ones(len(widths)))
        self.enter = nn.ModuleList(_rotation(width, inner) for width in widths)
        self.down = nn.ModuleList(nn.Linear(inner, bottleneck) for _ in widths)
        self.up = nn.ModuleList(nn.Linear(bottleneck, inner) for _ in widths)
        self.gate = nn.Parameter(torch.zeros(len(widths)))
        self.drop = nn.Dropout(dropout)
        self.leave = nn.Linear(inner, widths[-1])
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def settle(self, states: Tensor) -> None:
        """Take centre and spread of each layer's rows, scaled to length 1, from those of training (n, sum)."""
        rows = self._layers(states)
        self.centre = torch.cat([part.mean(0) for part in rows])
        spread = torch.stack([part.std(0).mean() if len(part) > 1 else part.new_ones(()) for part in rows])
        self.spread = spread.clamp_min(1e-6)

    def _layers(self, states: Tensor) -> list[Tensor]:
        return [F.normalize(part.float(), dim=1) for part in torch.split(states, self.widths, dim=1)]

    @property
    def dim(self) -> int:
        """Width of `beside`."""
        return 2 * self.widths[-1]

    def beside(self, states: Tensor) -> Tensor:
        """U and v side by side, each of length sqrt(1/2), (b, `dim`): cosines are the mean of both.

        What is near by the words alone stays near, so that a draw of items to which v does not carry over costs little.
        """
        frozen = self._layers(states)[-1]
        return torch.cat([frozen, self(states)], dim=1) / math.sqrt(2)

    def forward(self, states: Tensor) -> Tensor:
        """v, vectors of length 1, (b, width of the last layer), of states (b, sum of `widths`)."""
        rows = self._layers(states)
        h = states.new_zeros((len(states), self.leave.in_features), dtype=torch.float32)
        centres = torch.split(self.centre, self.widths)
        for layer, (row, centre) in enumerate(zip(rows, centres, strict=True)):
            gate = torch.sigmoid(self.gate[layer])
            mixed = gate * h + (1 - gate) * self.enter[layer]((row - centre) / self.spread[layer])
            h = mixed + self.up[layer](F.gelu(self.down[layer](self.drop(mixed))))
        return F.normalize(PULL * rows[-1] + self.leave(self.drop(h)), dim=1)


def _rotation(width: int, inner: int) -> nn.Linear:
    made = nn.Linear(width, inner, bias=False)
    nn.init.orthogonal_(made.weight)
    return made

"""Modules in which sources look at each other; untrained they are `ConcatNet`. See `nets`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import generator
from tastemaker.fusion.nets import TINY, Tensors, directions


class CrossNet(nn.Module, ABC):
    """What `GatedNet` and `CrossModalNet` share: unit blocks side by side, shares by the length of each block.

    Args:
        dims: Width of each source.
        dim: Largest width of a block; of wider sources the first entries are kept.
        dropout: Chance that a source is hidden from an item in training; one always stays.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, dropout: float) -> None:
        super().__init__()
        self.names = sorted(dims)
        self.widths = [min(dim, dims[name]) for name in self.names]
        self.dim, self.dropout = sum(self.widths), dropout

    def forward(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Unit vectors, (batch, dim)."""
        return F.normalize(torch.cat(self._blocks(vectors, present), dim=1), dim=1, eps=TINY)

    def weights(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Shares, (batch, sources): of the squared length of the whole."""
        size = torch.stack([block.square().sum(dim=1) for block in self._blocks(vectors, present)], dim=1)
        return size / size.sum(dim=1, keepdim=True).clamp_min(TINY)

    def penalty(self) -> Tensor:
        """How far the module is from an untrained one: squares of what starts at 0."""
        return torch.stack([p.square().sum() for name, p in self.named_parameters() if name.startswith("zero")]).sum()

    def _blocks(self, vectors: Tensors, present: Tensors) -> list[Tensor]:
        """One block a source, zeros where it is absent."""
        units, there = directions(self.names, vectors, present)
        there = self._dropped(there)
        cut = [
            unit[:, :width] * there[:, n, None] for n, (unit, width) in enumerate(zip(units, self.widths, strict=True))
        ]
        return self._changed([F.normalize(part, dim=1, eps=TINY) for part in cut], there)

    @abstractmethod
    def _changed(self, blocks: list[Tensor], there: Tensor) -> list[Tensor]:
        """The blocks as the sources change each other; those of absent ones stay zeros."""

    def _dropped(self, there: Tensor) -> Tensor:
        if not self.training or not self.dropout:
            return there
        kept = there & (torch.rand(there.shape, device=there.device) >= self.dropout)
        return torch.where(kept.any(dim=1, keepdim=True), kept, there)


class GatedNet(CrossNet):
    """``2 sigmoid(W_s [x_1 .. x_S, there] + b_s) * x_s``: every number of a source is let through as all sources say.

    Source: Arevalo et al. 2017, gated multimodal units, eq. 1-5; here side by side, so that sources are never
    compared with each other.
    """

    def __init__(self, dims: Mapping[str, int], dim: int = 256, dropout: float = 0.2) -> None:
        super().__init__(dims, dim, dropout)
        self.zero_gates = nn.Parameter(torch.zeros(self.dim + len(self.names), self.dim))
        self.zero_bias = nn.Parameter(torch.zeros(self.dim))

    def _changed(self, blocks: list[Tensor], there: Tensor) -> list[Tensor]:
        every = torch.cat([*blocks, there.float()], dim=1)
        gates = 2 * torch.sigmoid(every @ self.zero_gates + self.zero_bias)
        parts = torch.split(gates, self.widths, dim=1)
        return [gate * block for gate, block in zip(parts, blocks, strict=True)]


class CrossModalNet(CrossNet):
    """A Transformer layer over the sources of an item: each block is changed by what the others hold.

    A source is a token, its projection plus a vector of its own; an absent one is a learned token, so that the others
    know. ``x_s += O_s attention(t_1 .. t_S)_s`` and then a feed-forward layer; both end in weights that start at 0.

    Args:
        dims: Width of each source.
        dim: Largest width of a block.
        hidden: Width of the tokens.
        heads: Of attention; divides `hidden`.
        dropout: Chance that a source is hidden from an item in training; one always stays.
        seed: Of the first weights.

    Source: Tsai et al. 2019 (crossmodal attention); Vaswani et al. 2017.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the sizes of a layer
        self,
        dims: Mapping[str, int],
        dim: int = 256,
        hidden: int = 64,
        heads: int = 4,
        dropout: float = 0.2,
        seed: int = 0,
    ) -> None:
        super().__init__(dims, dim, dropout)
        self.heads = heads
        draw = generator(seed, "crossmodal")
        self.tokens = nn.ParameterList([_drawn(draw, width, hidden, 1.0) for width in self.widths])
        self.places = _drawn(draw, len(self.names), hidden, 0.5)
        self.missing = _drawn(draw, 1, hidden, 0.5)
        self.three, self.wide = _drawn(draw, hidden, 3 * hidden, 1.0), _drawn(draw, hidden, 2 * hidden, 1.0)
        self.zero_out = nn.ParameterList([nn.Parameter(torch.zeros(hidden, width)) for width in self.widths])
        self.zero_narrow = nn.ParameterList([nn.Parameter(torch.zeros(2 * hidden, width)) for width in self.widths])

    def _changed(self, blocks: list[Tensor], there: Tensor) -> list[Tensor]:
        made = [block @ token for block, token in zip(blocks, self.tokens, strict=True)]
        x = torch.where(there[:, :, None], torch.stack(made, dim=1), self.missing) + self.places
        seen = self._attend(F.layer_norm(x, x.shape[-1:]))
        deep = F.gelu(F.layer_norm(x + seen, x.shape[-1:]) @ self.wide)
        out = []
        for n, block in enumerate(blocks):
            new = block + seen[:, n] @ self.zero_out[n] + deep[:, n] @ self.zero_narrow[n]
            out.append(F.normalize(new, dim=1, eps=TINY) * there[:, n, None])
        return out

    def _attend(self, x: Tensor) -> Tensor:
        b, s, d = x.shape
        q, k, v = (x @ self.three).view(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, s, d)


def _drawn(draw: np.random.Generator, rows: int, columns: int, size: float) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(draw.normal(scale=size * rows**-0.5, size=(rows, columns)).astype(np.float32)))

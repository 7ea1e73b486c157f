"""Encoders of sequences: from vectors of items, padded at the end, to what each prefix wants next."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Kind = Literal["transformer", "gru", "cnn"]


class EncoderShape(NamedTuple):
    """Sizes of an encoder.

    Attributes:
        kind: The architecture.
        dim: Width of the vectors.
        blocks: Layers on top of each other.
        heads: Of attention; divides `dim`.
        dropout: Share of numbers hidden in training.
        length: Entries of a history that are read, the latest.
        positions: Whether attention knows the places, counted from the end.
    """

    kind: Kind
    dim: int
    blocks: int
    dropout: float
    length: int
    heads: int = 1
    positions: bool = True


class Encoder(nn.Module):
    """Item vectors (b, t, dim) and lengths (b,) to (b, t, dim); place t depends on the places up to t alone."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape, self.drop = shape, nn.Dropout(shape.dropout)
        places = shape.positions and shape.kind == "transformer"
        self.places = nn.Embedding(shape.length, shape.dim) if places else None
        if self.places is not None:
            nn.init.normal_(self.places.weight, std=0.02)
        self.blocks = nn.ModuleList([_block(shape, n) for n in range(shape.blocks)])
        self.norm = nn.LayerNorm(shape.dim)

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """Read the sequences."""
        x = vectors * self.shape.dim**0.5
        if self.places is not None:
            back = lengths[:, None] - 1 - torch.arange(x.shape[1], device=x.device)
            x = x + self.places(back.clamp_min(0))
        x = self.drop(x)
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.norm(x)
        return out


def _block(shape: EncoderShape, n: int) -> nn.Module:
    if shape.kind == "transformer":
        return LiGR(shape)
    return Recurrent(shape) if shape.kind == "gru" else Dilated(shape, 2**n)


class LiGR(nn.Module):
    """``x += sigmoid(W x) * Drop(MHA(LN x))``, then the same with SwiGLU. Source: Borisyuk et al. 2024, LiGR."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        d = shape.dim
        self.heads, self.dropout, self.drop = shape.heads, shape.dropout, nn.Dropout(shape.dropout)
        self.norms = nn.ModuleList([nn.LayerNorm(d), nn.LayerNorm(d)])
        self.gates = nn.ModuleList([nn.Linear(d, d), nn.Linear(d, d)])
        self.three, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.wide, self.narrow = nn.Linear(d, 4 * d), nn.Linear(2 * d, d)

    def forward(self, x: Tensor) -> Tensor:
        """One layer, (b, t, dim) to the same."""
        x = x + torch.sigmoid(self.gates[0](x)) * self.drop(self._attend(self.norms[0](x)))
        gate, value = self.wide(self.norms[1](x)).chunk(2, dim=-1)
        out: Tensor = x + torch.sigmoid(self.gates[1](x)) * self.drop(self.narrow(F.silu(gate) * value))
        return out

    def _attend(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = self.three(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        hidden = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(q, k, v, dropout_p=hidden, is_causal=True)
        out: Tensor = self.out(seen.transpose(1, 2).reshape(b, t, d))
        return out


class Recurrent(nn.Module):
    """One layer of gated recurrent units. Source: Hidasi et al. 2016, GRU4Rec."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.gru, self.drop = nn.GRU(shape.dim, shape.dim, batch_first=True), nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """One layer, (b, t, dim) to the same."""
        out: Tensor = self.drop(self.gru(x)[0])
        return out


class Dilated(nn.Module):
    """``x += Drop(ReLU(LN conv(...)))`` twice, causal, wider the second time. Source: Yuan et al. 2019, NextItNet."""

    def __init__(self, shape: EncoderShape, step: int) -> None:
        super().__init__()
        d = shape.dim
        self.steps = (step, 2 * step)
        self.convs = nn.ModuleList([nn.Conv1d(d, d, 3, dilation=s) for s in self.steps])
        self.norms = nn.ModuleList([nn.LayerNorm(d) for _ in self.steps])
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """One block, (b, t, dim) to the same."""
        y = x
        for step, conv, norm in zip(self.steps, self.convs, self.norms, strict=True):
            y = F.relu(norm(conv(F.pad(y.transpose(1, 2), (2 * step, 0))).transpose(1, 2)))
        out: Tensor = x + self.drop(y)
        return out

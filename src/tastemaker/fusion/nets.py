"""The modules of the fusions. Every one gives unit vectors, whichever sources are missing.

Common to all: a source's vector is divided by its norm; rows that are absent, or have no direction, are masked
before anything is computed from them, so whatever stands there (zeros, garbage, nan) changes nothing. With
shares ``a_s`` (0 where absent, summing to 1) the result is the blocks ``sqrt(a_s) x_s`` side by side, so that
the inner product of two items is ``sum_s sqrt(a_s a'_s) cos_s``: over the same sources the (weighted) mean of
their cosines, and never a comparison of one source with another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import generator

Tensors = Mapping[str, Tensor]
TINY = 1e-12
HIDDEN = 32  # width of the layer that looks at a source before it says how much it is worth


def directions(names: list[str], vectors: Tensors, present: Tensors) -> tuple[list[Tensor], Tensor]:
    """Unit vectors of each source, zero where absent, and the mask of what is there, (batch, sources)."""
    units, there = [], []
    for name in names:
        clean = vectors[name].masked_fill(~present[name][:, None], 0.0)
        norm = clean.norm(dim=1, keepdim=True)
        units.append(clean / norm.clamp_min(TINY))
        there.append(norm[:, 0] > TINY)
    return units, torch.stack(there, dim=1)


def masked_softmax(logits: Tensor, there: Tensor) -> Tensor:
    """Softmax over what is there, (batch, sources); rows with nothing are all 0."""
    low = logits.masked_fill(~there, -torch.inf).amax(dim=1, keepdim=True)
    low = torch.where(there.any(dim=1, keepdim=True), low, torch.zeros_like(low))
    raised = torch.exp((logits - low).masked_fill(~there, -torch.inf))
    return raised / raised.sum(dim=1, keepdim=True).clamp_min(TINY)


def _joined(blocks: list[Tensor], shares: Tensor) -> Tensor:
    roots = shares.clamp_min(TINY).sqrt() * (shares > 0)
    return torch.cat([root[:, None] * block for root, block in zip(roots.T, blocks, strict=True)], dim=1)


class ConcatNet(nn.Module):
    """Equal shares of the sources that are there; nothing to learn."""

    def __init__(self, dims: Mapping[str, int]) -> None:
        super().__init__()
        self.names = sorted(dims)
        self.dim = sum(dims.values())

    def forward(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Unit vectors, (batch, dim)."""
        units, there = directions(self.names, vectors, present)
        return _joined(units, _equal(there))

    def weights(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Shares, (batch, sources)."""
        return _equal(directions(self.names, vectors, present)[1])

    def penalty(self) -> Tensor:
        """Nothing to learn, nothing to charge: 0."""
        return torch.zeros(())


def _equal(there: Tensor) -> Tensor:
    return there.float() / there.sum(dim=1, keepdim=True).clamp_min(1)


class WeightedNet(nn.Module):
    """One weight a source, given or learned as the softmax of logits that start equal.

    Args:
        dims: Width of each source.
        weights: Weights above or equal 0, or None to learn them. A source of weight 0 counts as absent.
    """

    def __init__(self, dims: Mapping[str, int], weights: Mapping[str, float] | None = None) -> None:
        super().__init__()
        self.names = sorted(dims)
        self.dim = sum(dims.values())
        given = [1.0 if weights is None else float(weights[name]) for name in self.names]
        self.logits = nn.Parameter(torch.tensor([math.log(max(w, TINY)) for w in given]), weights is None)
        self.register_buffer("used", torch.tensor([w > 0 for w in given]), persistent=False)

    def forward(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Unit vectors, (batch, dim)."""
        units, there = directions(self.names, vectors, present)
        return _joined(units, self._shares(there))

    def weights(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Shares, (batch, sources)."""
        return self._shares(directions(self.names, vectors, present)[1])

    def penalty(self) -> Tensor:
        """How far the weights are from equal ones: sum of squares of the centred logits."""
        return (self.logits - self.logits.mean()).square().sum()

    def _shares(self, there: Tensor) -> Tensor:
        used: Tensor = self.get_buffer("used")
        return masked_softmax(self.logits.expand(len(there), -1), there & used)


class AttentionNet(nn.Module):
    """Shares that differ by item: ``softmax_s(b_s + q . tanh(K_s [x_s, shape_s] + c_s))`` over what is there.

    ``x_s`` is the unit vector of the source, ``shape_s`` says in two numbers what the division by the norm took
    away and what a linear map cannot see: the log of the norm and the log of the participation ratio (on how
    many entries the vector rests). Values are projected to at most `dim`: sources that are no wider are kept
    as they are up to a learned map that starts at the identity; of wider ones the first `dim` entries are kept
    at first (whitened vectors come with the largest variance first). ``q`` starts at 0, so an untrained module
    gives equal shares: `ConcatNet`.

    Args:
        dims: Width of each source.
        dim: Largest width of a source's projection.
        dropout: Chance that a source is hidden from an item in training; one always stays.
        seed: Of the first weights.

    Source: Bahdanau et al. 2015 (additive attention); modality dropout: Neverova et al. 2016.
    """

    def __init__(self, dims: Mapping[str, int], dim: int = 128, dropout: float = 0.2, seed: int = 0) -> None:
        super().__init__()
        self.names = sorted(dims)
        widths = {name: min(dim, dims[name]) for name in self.names}
        self.dim, self.dropout = sum(widths.values()), dropout
        self.values = _matrices(self.names, {n: np.eye(dims[n], widths[n], dtype=np.float32) for n in self.names})
        self.keys = _matrices(self.names, {n: _small(dims[n] + 2, HIDDEN, seed, n) for n in self.names})
        self.offsets = nn.Parameter(torch.from_numpy(_offsets(self.names, seed)))
        self.query = nn.Parameter(torch.zeros(HIDDEN))
        self.bias = nn.Parameter(torch.zeros(len(self.names)))
        for number, value in enumerate(self.values):
            self.register_buffer(f"start{number}", value.detach().clone(), persistent=False)

    def forward(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Unit vectors, (batch, dim)."""
        units, there = directions(self.names, vectors, present)
        shares = self._shares(units, vectors, there)
        blocks = [F.normalize(unit @ value, dim=1) for unit, value in zip(units, self.values, strict=True)]
        return _joined(blocks, shares)

    def weights(self, vectors: Tensors, present: Tensors) -> Tensor:
        """Shares, (batch, sources)."""
        units, there = directions(self.names, vectors, present)
        return self._shares(units, vectors, there)

    def penalty(self) -> Tensor:
        """How far the module is from an untrained one: squares of the query and of what moved the values."""
        starts = [self.get_buffer(f"start{n}") for n in range(len(self.names))]
        moved = [(value - start).square().sum() for value, start in zip(self.values, starts, strict=True)]
        return self.query.square().sum() + self.bias.square().sum() + torch.stack(moved).sum()

    def _shares(self, units: list[Tensor], vectors: Tensors, there: Tensor) -> Tensor:
        scores = []
        for number, (name, unit) in enumerate(zip(self.names, units, strict=True)):
            seen = torch.cat([unit, _shape(unit, vectors[name], there[:, number])], dim=1)
            scores.append(torch.tanh(seen @ self.keys[number] + self.offsets[number]) @ self.query)
        logits = torch.stack(scores, dim=1) + self.bias
        return masked_softmax(logits, self._dropped(there))

    def _dropped(self, there: Tensor) -> Tensor:
        if not self.training or not self.dropout:
            return there
        kept = there & (torch.rand(there.shape, device=there.device) >= self.dropout)
        return torch.where(kept.any(dim=1, keepdim=True), kept, there)


def _shape(unit: Tensor, raw: Tensor, there: Tensor) -> Tensor:
    """Log of the norm beside the root of the width, and log of the share of entries it rests on, (batch, 2)."""
    width = unit.shape[1]
    norm = raw.masked_fill(~there[:, None], 1.0).norm(dim=1).clamp_min(TINY)
    spread = 1.0 / (width * unit.pow(4).sum(dim=1)).clamp_min(TINY)
    shape = torch.stack([torch.log(norm / math.sqrt(width)), torch.log(spread)], dim=1)
    return shape.masked_fill(~there[:, None], 0.0)


def _matrices(names: list[str], made: Mapping[str, np.ndarray]) -> nn.ParameterList:
    return nn.ParameterList([nn.Parameter(torch.from_numpy(made[name])) for name in names])


def _small(rows: int, columns: int, seed: int, name: str) -> np.ndarray:
    # unit vectors come in: entries of size 1 make pre-activations of size 1, where tanh bends
    return generator(seed, f"keys {name}").normal(size=(rows, columns)).astype(np.float32)


def _offsets(names: list[str], seed: int) -> np.ndarray:
    rows = [generator(seed, f"offsets {name}").normal(size=HIDDEN) for name in names]
    return np.asarray(rows, np.float32).reshape(len(names), HIDDEN)

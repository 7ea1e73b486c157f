"""A graph network over behaviour and any number of content sources: MGCN, SMORE, or without ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.fusion.nets import masked_softmax
from tastemaker.models.nets.graphs import Edges, propagate
from tastemaker.models.nets.light import id_table
from tastemaker.models.nets.views import Views

if TYPE_CHECKING:
    from tastemaker.models.nets.likes import Step


class Shape(NamedTuple):
    """Sizes and weights of a network.

    Attributes:
        dim: Width of all vectors.
        layers: Walks item - user - item.
        ids: Whether items have own vectors; else all they have comes from content.
        contrast: Weight of the agreement of behaviour and content.
        hidden: Chance that an item is treated in training as if nobody had liked it.
        spectral: Whether sources are filtered in frequency, and their product is one view more.
    """

    dim: int
    layers: int
    ids: bool
    contrast: float
    hidden: float
    spectral: bool


class Spectral(nn.Module):
    """Filters sources in frequency, and joins them by a product there. Source: Ong & Khong 2025, SMORE, eq. 5-8.

    A product in frequency is a circular convolution; a source that is absent is left out of it. Filters start as 1.
    """

    def __init__(self, sources: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        start = torch.tensor([1.0, 0.0]).repeat(sources + 1, dim // 2 + 1, 1)
        self.filters = nn.Parameter(start)

    def forward(self, told: list[Tensor], present: Tensor) -> list[Tensor]:
        """The sources, filtered, and last their product, each (n_items, dim)."""
        filters = torch.view_as_complex(self.filters)
        waves = [torch.fft.rfft(z, norm="ortho") for z in told]
        every = torch.ones_like(waves[0])
        for n, wave in enumerate(waves):
            every = every * torch.where(present[:, n, None], wave, torch.ones_like(wave))
        return [torch.fft.irfft(w * f, n=self.dim, norm="ortho") for w, f in zip([*waves, every], filters, strict=True)]


class MMNet(nn.Module):
    """``v = c + side``: c what flows along the likes, side what flows along the likeness of content.

    Source: Yu et al. 2023, MGCN, eq. 3-19, with users as means of their items.
    """

    def __init__(self, known: Tensor, views: Views, shape: Shape) -> None:
        super().__init__()
        self.shape, self.views = shape, views
        self.graphs, self.near = views.each(both=shape.spectral)
        d, m = shape.dim, len(self.graphs)
        self.spectral = Spectral(len(views.vectors), d) if shape.spectral and m else None
        self.attend = nn.ModuleList([nn.Linear(d, d) for _ in range(m - 1)] if self.spectral else [])
        self.ids = id_table(known, d) if shape.ids else None
        self.project = nn.ModuleList([nn.Linear(v.shape[1], d) for v in views.vectors])
        self.gate = nn.ModuleList([nn.Linear(d, d) for _ in range(m)])
        self.prefer = nn.ModuleList([nn.Linear(d, d) for _ in range(m)])
        self.key, self.query = nn.Linear(d, d), nn.Linear(d, 1, bias=False)

    def items(self, likes: Edges) -> Tensor:
        """Vectors of all items, (n_items, d)."""
        behaviour, side = self.parts(likes)
        return behaviour + side

    def loss(self, step: Step) -> Tensor:
        """Ranking, and the agreement of both parts."""
        behaviour, side = self.parts(step.batch.likes)
        loss = step.rank(behaviour + side)
        if self.shape.contrast and self.views.vectors:
            loss = loss + self.shape.contrast * step.agree(side, behaviour)
        return loss

    def parts(self, likes: Edges) -> tuple[Tensor, Tensor]:
        """What behaviour and what content say of all items, both (n_items, d)."""
        told = [layer(v) for layer, v in zip(self.project, self.views.vectors, strict=True)]
        start = self.ids.weight if self.ids is not None else self._joined(told)
        behaviour = propagate(start, likes, self.shape.layers)
        if self.training and self.shape.hidden:
            cold = torch.rand(len(start), 1, device=start.device) < self.shape.hidden
            alone = torch.zeros_like(start) if self.ids is not None else start / (self.shape.layers + 1)
            behaviour = torch.where(cold, alone, behaviour)
        return behaviour, self._side(start, told, behaviour)

    def _joined(self, told: list[Tensor]) -> Tensor:
        """Mean of the directions of what is there, (n_items, d)."""
        there = self.views.present
        units = [F.normalize(z, dim=1) * there[:, n, None] for n, z in enumerate(told)]
        return torch.stack(units).sum(dim=0) / there.sum(dim=1, keepdim=True).clamp_min(1)

    def _side(self, start: Tensor, told: list[Tensor], behaviour: Tensor) -> Tensor:
        """Purified likeness: what all sources agree on, and what is special to each as far as it is wanted."""
        if not told:
            return torch.zeros_like(start)
        near = self.near
        if self.spectral is not None:
            told = self.spectral(told, self.views.present)
        gated = [start * torch.sigmoid(gate(z)) for gate, z in zip(self.gate, told, strict=True)]
        seen = torch.stack([graph.forth(g) for graph, g in zip(self.graphs, gated, strict=True)], dim=1)
        wanted = torch.stack([torch.sigmoid(layer(behaviour)) for layer in self.prefer], dim=1)
        if self.spectral is not None:
            return self._seen_by_all(seen, wanted)
        share = masked_softmax(self.query(torch.tanh(self.key(seen)))[..., 0], near)
        common = (share[..., None] * seen).sum(dim=1)
        special = (wanted * (seen - common[:, None]) * near[..., None]).sum(dim=1)
        return (special + common) / (near.sum(dim=1, keepdim=True) + 1)

    def _seen_by_all(self, seen: Tensor, wanted: Tensor) -> Tensor:
        """SMORE's fusion: the joined view, which is the last, says what of each source counts."""
        joined = seen[:, -1]
        heed = [self.shape.dim * torch.softmax(layer(joined), dim=1) for layer in self.attend]
        out = (torch.stack([*heed, torch.ones_like(joined)], dim=1) * wanted * seen).sum(dim=1)
        return out / self.near.sum(dim=1, keepdim=True).clamp_min(1)

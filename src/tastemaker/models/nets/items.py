"""Items as networks see them: an own vector where training saw the item, and fused content."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.data import Dataset, FeatureSet
from tastemaker.fusion import Fusion
from tastemaker.fusion.base import FusionModule
from tastemaker.fusion.fitted import tensors
from tastemaker.models.nets.aligning import View, disagreement, some

BLOCK = 4096  # items whose vectors are made at a time
Tensors = Mapping[str, Tensor]


class ItemSources(NamedTuple):
    """What is known of all items; `training.devices.moved` brings it to a device.

    Attributes:
        vectors: Vectors by source, each (n_items, dim of the source).
        present: Masks by source, each (n_items,) bool.
        ids: Row of each item in the table of ids, -1 where it has none, (n_items,).
    """

    vectors: Tensors
    present: Tensors
    ids: Tensor

    @property
    def known(self) -> NDArray[np.bool_]:
        """Items of which anything is known: an id or a source, (n_items,)."""
        masks = [mask.cpu().numpy() for mask in self.present.values()]
        return np.asarray(np.any([self.ids.cpu().numpy() >= 0, *masks], axis=0))


def sources_of(data: Dataset, features: FeatureSet | None, *, ids: bool = True) -> ItemSources:
    """The sources of all items of `data`; items that somebody liked have ids, unless `ids` is false."""
    log, n = data.interactions, len(data.items)
    taken = np.bincount(log.item[log.sign > 0], minlength=n) > 0
    rows = torch.from_numpy(np.where(taken & ids, np.arange(n), -1))
    if not features:
        return ItemSources({}, {}, rows)
    vectors, present = tensors(features, {name: features[name].dim for name in sorted(features)})
    return ItemSources(vectors, present, rows)


class TowerShape(NamedTuple):
    """Sizes of an item tower.

    Attributes:
        sources: Width of each source by name.
        n_items: Rows of the table of ids.
        dim: Width of the item vectors.
        id_dropout: Chance that an id is hidden in training, so that content alone learns to rank.
        source_dropout: Chance that a source is hidden in training; one always stays.
    """

    sources: Mapping[str, int]
    n_items: int
    dim: int
    id_dropout: float = 0.2
    source_dropout: float = 0.0


def tower_of(
    sources: ItemSources, fusion: Fusion, dim: int, *, id_dropout: float = 0.2, source_dropout: float = 0.0
) -> ItemTower:
    """An untrained tower for these sources."""
    widths = {name: int(v.shape[1]) for name, v in sources.vectors.items()}
    return make_tower(TowerShape(widths, len(sources.ids), dim, id_dropout, source_dropout), fusion)


def make_tower(shape: TowerShape, fusion: Fusion) -> ItemTower:
    """An untrained tower; each source is projected to `dim` before it is fused."""
    widths = dict.fromkeys(sorted(shape.sources), shape.dim)
    return ItemTower(shape, fusion.module(widths) if widths else None)


class ItemTower(nn.Module):
    """``v = id + C fusion(P_1 x_1, P_2 x_2, ...)``: one linear projection a source, fused, beside an own vector.

    Own vectors are hidden at random in training (DropoutNet, Volkovs et al. 2017), so that an item without one
    is at home among the others; an item without any source has a learned vector in the place of its content.
    """

    def __init__(self, shape: TowerShape, fusion: FusionModule | None) -> None:
        super().__init__()
        self.shape, self.names = shape, sorted(shape.sources)
        std = shape.dim**-0.5
        self.ids = nn.Embedding(max(1, shape.n_items), shape.dim)
        nn.init.normal_(self.ids.weight, std=0.5 * std)
        self.project = nn.ModuleList([nn.Linear(shape.sources[name], shape.dim) for name in self.names])
        self.fusion: FusionModule | None = fusion
        self.content = nn.Linear(fusion.dim, shape.dim, bias=False) if fusion else None
        self.missing = nn.Parameter(torch.zeros(shape.dim))
        if self.content is not None:
            nn.init.normal_(self.content.weight, std=std)

    def forward(self, rows: Tensor, sources: ItemSources) -> Tensor:
        """Vectors of items, (m, dim), from their row numbers, (m,)."""
        own = sources.ids[rows]
        keep = (own >= 0) & ~self._hidden(own, self.shape.id_dropout)
        out: Tensor = self.ids(own.clamp_min(0)) * keep[:, None]
        return out + self.told(rows, sources)

    def told(self, rows: Tensor, sources: ItemSources) -> Tensor:
        """What content says of items, (m, dim)."""
        if self.fusion is None or self.content is None:
            return self.missing.expand(len(rows), -1)
        present = self._present(rows, sources)
        projected = self._projected(rows, sources, present)
        there = torch.stack(list(present.values())).any(dim=0)
        said: Tensor = self.content(self.fusion(projected, present))
        return torch.where(there[:, None], said, self.missing)

    def disagreement(self, rows: Tensor, sources: ItemSources) -> Tensor:
        """How little own vectors agree with content, and the sources with one another; see `aligning`."""
        rows = some(rows)
        own, pairs = sources.ids[rows], []
        if self.fusion is not None:
            content = View(
                self.told(rows, sources), torch.stack([m[rows] for m in sources.present.values()]).any(dim=0)
            )
            pairs.append((View(self.ids(own.clamp_min(0)), own >= 0), content))
        return disagreement([*pairs, *self.between(rows, sources)])

    def between(self, rows: Tensor, sources: ItemSources) -> list[tuple[View, View]]:
        """What each two sources say of items, projected."""
        present = {name: sources.present[name][rows] for name in self.names}
        told = self._projected(rows, sources, present)
        return list(combinations([View(told[name], present[name]) for name in self.names], 2))

    def every(self, sources: ItemSources) -> Tensor:
        """Vectors of all items, (n_items, dim), in blocks."""
        n, device = len(sources.ids), sources.ids.device
        starts = range(0, n, BLOCK)
        parts = [self(torch.arange(at, min(at + BLOCK, n), device=device), sources) for at in starts]
        return torch.cat(parts) if parts else torch.empty(0, self.shape.dim, device=device)

    def _projected(self, rows: Tensor, sources: ItemSources, present: Tensors) -> dict[str, Tensor]:
        return {
            name: layer(sources.vectors[name][rows].masked_fill(~present[name][:, None], 0.0))
            for name, layer in zip(self.names, self.project, strict=True)
        }

    def _present(self, rows: Tensor, sources: ItemSources) -> dict[str, Tensor]:
        present = {name: sources.present[name][rows] for name in self.names}
        if not self.training or not self.shape.source_dropout:
            return present
        kept = {name: mask & ~self._hidden(mask, self.shape.source_dropout) for name, mask in present.items()}
        none = ~torch.stack(list(kept.values())).any(dim=0)
        return {name: mask | (none & present[name]) for name, mask in kept.items()}

    def _hidden(self, like: Tensor, chance: float) -> Tensor:
        if not self.training or not chance:
            return torch.zeros_like(like, dtype=torch.bool)
        return torch.rand(like.shape, device=like.device) < chance

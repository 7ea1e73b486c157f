"""Graph networks with one vector an item: LightGCN, FREEDOM, AlphaRec. Users are means of their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.models.nets.graphs import Edges, propagate
from tastemaker.models.nets.views import Views

if TYPE_CHECKING:
    from tastemaker.models.nets.likes import Step

STD = 0.1  # of first own vectors


def id_table(known: Tensor, dim: int) -> nn.Embedding:
    """Own vectors of the items, zeros for those that are not `known`, (n_items,) bool."""
    out = nn.Embedding(len(known), dim)
    nn.init.normal_(out.weight, std=STD)
    with torch.no_grad():
        out.weight[~known.to(out.weight.device)] = 0
    return out


class LightNet(nn.Module):
    """``v = mean_l (R'R)^l E`` with E learned. Source: He et al. 2020, LightGCN."""

    def __init__(self, known: Tensor, dim: int, layers: int) -> None:
        super().__init__()
        self.ids, self.layers = id_table(known, dim), layers

    def items(self, likes: Edges) -> Tensor:
        """Vectors of all items, (n_items, d)."""
        return propagate(self.ids.weight, likes, self.layers)

    def loss(self, step: Step) -> Tensor:
        """The ranking loss alone."""
        return step.rank(self.items(step.batch.likes))


class AlphaNet(nn.Module):
    """``v = mean_l (R'R)^l MLP(x)``: no own vectors. Source: Sheng et al. 2024, AlphaRec, eq. 3-6.

    Several sources are projected and added before the activation; absent ones add nothing.
    """

    def __init__(self, views: Views, dim: int, layers: int) -> None:
        super().__init__()
        self.views, self.layers = views, layers
        self.wide = nn.ModuleList([nn.Linear(v.shape[1], 2 * dim, bias=False) for v in views.vectors])
        self.narrow = nn.Linear(2 * dim, dim, bias=False)

    def items(self, likes: Edges) -> Tensor:
        """Vectors of all items, (n_items, d)."""
        told = [layer(v) for layer, v in zip(self.wide, self.views.vectors, strict=True)]
        return propagate(self.narrow(F.leaky_relu(torch.stack(told).sum(dim=0))), likes, self.layers)

    def loss(self, step: Step) -> Tensor:
        """The ranking loss alone."""
        return step.rank(self.items(step.batch.likes))


class FreedomNet(nn.Module):
    """``v = mean_l (R'R)^l E + S E``, S the frozen graph of content. Source: Zhou & Shen 2023, FREEDOM.

    Args:
        light: The part without content.
        views: Content.
        likeness: S.
        content: Weight of ranking by each source alone.
    """

    def __init__(self, light: LightNet, views: Views, likeness: Edges, content: float) -> None:
        super().__init__()
        self.light, self.views, self.likeness, self.content = light, views, likeness, content
        dim = light.ids.embedding_dim
        self.project = nn.ModuleList([nn.Linear(v.shape[1], dim, bias=False) for v in views.vectors])

    def items(self, likes: Edges) -> Tensor:
        """Vectors of all items, (n_items, d)."""
        return self.light.items(likes) + self.likeness.forth(self.light.ids.weight)

    def loss(self, step: Step) -> Tensor:
        """Ranking by the vectors, and by what each source says for the same users."""
        items = self.items(step.batch.likes)
        users = step.users(items)
        loss = step.rank(items, users)
        for layer, vectors in zip(self.project, self.views.vectors, strict=True):
            if self.content:
                loss = loss + self.content * step.rank(layer(vectors), users)
        return loss

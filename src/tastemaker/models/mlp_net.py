"""The network of `multimodal_mlp`: items, histories and users through one head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.fusion.base import FusionModule

Tensors = Mapping[str, Tensor]


class Shape(NamedTuple):
    """Sizes of the network.

    Attributes:
        items: Width of each item source by name.
        users: Width of each user source by name.
        n_items: Rows of the table of item ids; unused where all ids given are -1.
        n_users: Rows of the table of user ids.
        hidden: Width of every projection.
        head: Width of the hidden layer.
        dropout: Chance that an id, or a user source, is hidden in training.
    """

    items: Mapping[str, int]
    users: Mapping[str, int]
    n_items: int
    n_users: int
    hidden: int
    head: int
    dropout: float


class Views(NamedTuple):
    """What an item says in a history, (m, hidden): where it is liked, and by how much it is liked."""

    liked: Tensor
    weighted: Tensor


class Histories(NamedTuple):
    """Histories one after the other.

    Attributes:
        entries: Rows of items, (n,).
        starts: Where each history begins, (q + 1,).
        liked: 1 where an entry is positive, (n,).
        weight: What an entry says beyond the usual, (n,).
    """

    entries: Tensor
    starts: Tensor
    liked: Tensor
    weight: Tensor


class Pools(NamedTuple):
    """Sums of views over histories, (q, hidden), and how many entries they are, (q,)."""

    liked: Tensor
    weighted: Tensor
    every: Tensor
    n_liked: Tensor
    n_every: Tensor


class Net(nn.Module):
    """``y = w . relu(A u + B v + c) + u . v``, with ``v`` of the item and ``u`` of the asker.

    ``v = C fusion(P_1 x_1, P_2 x_2, ...) + id``: one linear projection a source, then the fusion, then the item's
    own vector, hidden at random in training so that items without one are at home. ``u`` is the sum of the
    user's own vector (hidden at random too), a map of the mean of the ``v`` of his liked items, another of the
    sum of the ``v`` of all his items weighted by how much more he liked them than is usual, and his projected
    sources. As the first layer is a sum of both sides, an item costs one addition and one ReLU a hidden unit.
    The product ``u . v`` is what an MLP of this size does not learn by itself (Rendle et al. 2020).
    """

    def __init__(self, shape: Shape, fusion: FusionModule | None) -> None:
        super().__init__()
        self.shape, hidden = shape, shape.hidden
        self.item_names, self.user_names = sorted(shape.items), sorted(shape.users)
        self.project = nn.ModuleList([nn.Linear(shape.items[name], hidden) for name in self.item_names])
        self.fusion: FusionModule | None = fusion
        self.content = nn.Linear(fusion.dim, hidden, bias=False) if fusion else None
        self.item_id = _table(shape.n_items, hidden)
        self.user_id = _table(shape.n_users, hidden)
        self.project_user = nn.ModuleList(
            [nn.Linear(shape.users[name], hidden, bias=False) for name in self.user_names]
        )
        self.view_liked = nn.Linear(hidden, hidden, bias=False)
        self.view_weighted = nn.Linear(hidden, hidden, bias=False)
        self.first_user = nn.Linear(hidden, shape.head)
        self.first_item = nn.Linear(hidden, shape.head, bias=False)
        self.last = nn.Linear(shape.head, 1)
        self.popularity = nn.Parameter(torch.tensor(1.0))

    def items(self, ids: Tensor, vectors: Tensors, present: Tensors) -> Tensor:
        """Vectors of items, (m, hidden), from their rows (-1: without one) and sources."""
        out = _rows(self.item_id, ids, self.hidden_at_random(ids))
        if self.fusion is None or self.content is None:
            return out
        projected = {
            name: layer(vectors[name].masked_fill(~present[name][:, None], 0.0))
            for name, layer in zip(self.item_names, self.project, strict=True)
        }
        told: Tensor = self.content(self.fusion(projected, present))
        return out + told

    def views(self, items: Tensor) -> Views:
        """What items say in a history."""
        return Views(self.view_liked(items), self.view_weighted(items))

    def tastes(self, pools: Pools, bias: Tensor) -> Tensor:
        """The part of askers that their histories tell, (q, hidden)."""
        beyond = pools.weighted - bias[:, None] * pools.every
        return pools.liked / pools.n_liked.clamp_min(1)[:, None] + beyond / pools.n_every.clamp_min(1).sqrt()[:, None]

    def own(self, user: Tensor) -> Tensor:
        """The user's own vector, (q, hidden); 0 where the row is -1."""
        return _rows(self.user_id, user, self.hidden_at_random(user))

    def said(self, name: str, vectors: Tensor) -> Tensor:
        """Projection of a user source, (q, hidden)."""
        out: Tensor = self.project_user[self.user_names.index(name)](vectors)
        return out

    def cells(self, askers: Tensor, items: Tensor, which: Tensor) -> Tensor:
        """What the head says of ``askers[n]`` and each of ``items[which[n]]``, (n, k)."""
        hidden = torch.relu(self.first_user(askers)[:, None] + self.first_item(items)[which])
        out: Tensor = self.last(hidden)[:, :, 0] + (askers[:, None] * items[which]).sum(dim=2)
        return out

    def grid(self, askers: Tensor, items: Tensor) -> Tensor:
        """What the head says of every asker and every item, (q, m)."""
        ours, theirs = self.first_user(askers), self.first_item(items)
        hidden = torch.relu(ours[:, None] + theirs[None])
        out: Tensor = self.last(hidden)[:, :, 0] + askers @ items.T
        return out

    def hidden_at_random(self, like: Tensor) -> Tensor:
        """Which entries are hidden in training, bool; none otherwise."""
        if not self.training:
            return torch.zeros_like(like, dtype=torch.bool)
        return torch.rand(like.shape, device=like.device) < self.shape.dropout


def pool(views: Views, histories: Histories) -> Pools:
    """Sums of what items say over histories."""
    entries, starts, liked, weight = histories

    def summed(view: Tensor, by: Tensor) -> Tensor:
        return F.embedding_bag(entries, view, starts[:-1], mode="sum", per_sample_weights=by.to(view.dtype))

    running = F.pad(liked.double().cumsum(0), (1, 0))
    n_liked, n_every = running[starts[1:]] - running[starts[:-1]], starts[1:] - starts[:-1]
    kind = views.liked.dtype
    sums = summed(views.liked, liked), summed(views.weighted, weight), summed(views.weighted, torch.ones_like(liked))
    return Pools(*sums, n_liked.to(kind), n_every.to(kind))


def _table(rows: int, width: int) -> nn.Embedding:
    table = nn.Embedding(max(rows, 1), width)
    nn.init.normal_(table.weight, std=0.1 / math.sqrt(width))
    return table


def _rows(table: nn.Embedding, rows: Tensor, hidden: Tensor) -> Tensor:
    """Rows of a table, zero where a row is -1 or hidden."""
    there = (rows >= 0) & ~hidden
    out: Tensor = table(rows.clamp_min(0)) * there[:, None]
    return out

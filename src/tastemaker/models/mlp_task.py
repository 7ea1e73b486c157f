"""What `multimodal_mlp` is trained for: the loss over a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tastemaker.models.mlp_batches import Batch
from tastemaker.models.mlp_biases import Biases
from tastemaker.models.mlp_net import Net, Pools, Tensors, Views, pool
from tastemaker.training.losses import click_loss, squared_error


@dataclass(frozen=True)
class Sources:
    """Vectors of items and users by name, on the device of the network.

    Attributes:
        items: Vectors and masks of all items.
        users: Vectors and masks of all users.
        said: For each user source that is the mean of what his items say (it has the name of an item source):
            how many items that are, (n_users,).
        ids: Row of each item in the table of ids; -1 where it has none, (n_items,).
    """

    items: tuple[Tensors, Tensors]
    users: tuple[Tensors, Tensors]
    said: Tensors
    ids: Tensor

    def some_items(self, rows: Tensor) -> tuple[Tensors, Tensors]:
        """Vectors and masks of some items."""
        vectors, present = self.items
        return {name: v[rows] for name, v in vectors.items()}, {name: p[rows] for name, p in present.items()}


@dataclass(frozen=True)
class Task:
    """The loss over a batch.

    Attributes:
        net: The network.
        sources: Vectors of items and users.
        biases: What the network adds to.
    """

    net: Net
    sources: Sources
    biases: Biases

    def loss(self, batch: Batch) -> Tensor:
        """Squared error of ratings, or cross-entropy of clicks on logits."""
        predicted = self.predicted(batch)
        return (squared_error if self.biases.explicit else click_loss)(predicted, batch.label)

    def predicted(self, batch: Batch) -> Tensor:
        """Rating, or logit of a click, of each cell."""
        vectors = self.net.items(self.sources.ids[batch.items], *self.sources.some_items(batch.items))
        views = self.net.views(vectors)
        pools = _without(pool(views, batch.histories), views, batch)
        askers = self.net.tastes(pools, batch.bias) + self.net.own(batch.asking)[batch.who]
        for name in self.net.user_names:
            askers = askers + self._said(name, batch)
        said = self.net.cells(askers, vectors, batch.which).float()
        user = batch.bias[:, None] if self.biases.explicit else 0.0
        return self.biases.mean + self.net.popularity * batch.base + user + said

    def _said(self, name: str, batch: Batch) -> Tensor:
        """What a user source says in each example: texts without that of the example's item."""
        vectors, there = self.sources.users[0][name][batch.asking], self.sources.users[1][name][batch.asking]
        there = there & ~self.net.hidden_at_random(there)
        said, there = self.net.said(name, vectors)[batch.who], there[batch.who]
        if name in self.sources.said:
            count = self.sources.said[name][batch.asking][batch.who]
            rows, place = torch.unique(batch.items[batch.which[:, 0]], return_inverse=True)
            its = self.net.said(name, self.sources.items[0][name][rows])[place]
            theirs = (batch.own_liked > 0) & self.sources.items[1][name][rows][place]
            less = (its - said) / (count - 1).clamp_min(1)[:, None]
            said = torch.where(theirs[:, None], said - less, said)
            there = there & ~(theirs & (count < 2))
        return said * there[:, None]


def _without(pools: Pools, views: Views, batch: Batch) -> Pools:
    """Each example's history without the example itself; else the network would learn to copy."""
    who, target = batch.who, batch.which[:, 0]
    own = views.weighted[target]
    return Pools(
        pools.liked[who] - batch.own_liked[:, None] * views.liked[target],
        pools.weighted[who] - batch.own_weight[:, None] * own,
        pools.every[who] - batch.own[:, None] * own,
        pools.n_liked[who] - batch.own_liked,
        pools.n_every[who] - batch.own,
    )

"""What `multimodal_mlp` is trained for, and what it is stopped by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tastemaker.models.mlp_batches import Batch
from tastemaker.models.mlp_biases import Biases
from tastemaker.models.mlp_net import Asker, Net, Pools, Tensors, pool
from tastemaker.training.losses import click_loss, squared_error


@dataclass(frozen=True)
class Sources:
    """Vectors of items and users by name, on the device of the network, with what is needed to leave one out.

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
        return _taken(self.items[0], rows), _taken(self.items[1], rows)

    def asker(self, batch: Batch) -> Asker:
        """Who asks in each example: his texts without that of the example's item."""
        vectors, present = _taken(self.users[0], batch.user), _taken(self.users[1], batch.user)
        target = batch.items[batch.which[:, 0]]
        for name, count in self.said.items():
            theirs = (batch.own_liked > 0) & self.items[1][name][target]
            others = (count[batch.user] - 1).clamp_min(1)[:, None]
            less = (self.items[0][name][target] - vectors[name]) / others
            vectors[name] = torch.where(theirs[:, None], vectors[name] - less, vectors[name])
            present[name] = present[name] & ~(theirs & (count[batch.user] < 2))
        return Asker(batch.user, batch.bias, vectors, present)


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
        if self.biases.explicit:
            return squared_error(predicted, batch.label)
        return click_loss(predicted, batch.label)

    def predicted(self, batch: Batch) -> Tensor:
        """Rating, or logit of a click, of each cell."""
        vectors = self.net.items(self.sources.ids[batch.items], *self.sources.some_items(batch.items))
        pools = pool(vectors, batch.entries, batch.starts, batch.liked, batch.weight)
        own = vectors[batch.which[:, 0]]
        askers = self.net.asker(self.sources.asker(batch), _without(pools, batch, own))
        said = self.net.cells(askers, vectors, batch.which).float()
        user = batch.bias[:, None] if self.biases.explicit else 0.0
        return self.biases.mean + self.net.popularity * batch.base + user + said


def _without(pools: Pools, batch: Batch, own: Tensor) -> Pools:
    """Each example's history without the example itself; else the network would learn to copy."""
    who = batch.who
    return Pools(
        pools.liked[who] - batch.own_liked[:, None] * own,
        pools.weighted[who] - batch.own_weight[:, None] * own,
        pools.every[who] - batch.own[:, None] * own,
        pools.n_liked[who] - batch.own_liked,
        pools.n_every[who] - batch.own,
    )


def _taken(tensors: Tensors, rows: Tensor) -> dict[str, Tensor]:
    return {name: tensor[rows] for name, tensor in tensors.items()}

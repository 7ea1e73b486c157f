"""Batches for `multimodal_mlp`: examples, the histories of their users, and the items of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tastemaker.core import generator
from tastemaker.models.mlp_bags import Bags, Reals, Rows, entries
from tastemaker.models.mlp_biases import Biases, shrunk
from tastemaker.models.mlp_net import Histories
from tastemaker.training.samplers import Pairs, shuffled


class Batch(NamedTuple):
    """Examples of one step, b of them, each one item of a user's history that is left out of it.

    Attributes:
        items: Rows of all m items in use.
        which: The example's own item, then its negatives, among `items`, (b, 1 + negatives).
        label: Rating or 1 / 0, beside them.
        base: Bias of each of these items, the example's rating left out, beside them.
        asking: Rows of the q users, each once.
        who: The example's user among these, (b,).
        bias: Bias of the user, the example's rating left out, (b,).
        histories: Their histories, entries among `items`.
        own: The example's own place in its history, 1 where it has one, (b,).
        own_liked: Its `liked`, (b,).
        own_weight: Its `weight`, (b,).
    """

    items: Tensor
    which: Tensor
    label: Tensor
    base: Tensor
    asking: Tensor
    who: Tensor
    bias: Tensor
    histories: Histories
    own: Tensor
    own_liked: Tensor
    own_weight: Tensor


class Sampler:
    """Makes the batches of an epoch.

    Args:
        bags: Histories of all users.
        biases: Biases of all items.
        batch: Examples a step.
        negatives: Items a click that the user did not take, drawn uniformly; 0 for ratings.
    """

    def __init__(self, bags: Bags, biases: Biases, *, batch: int, negatives: int) -> None:
        self.bags, self.biases = bags, biases
        self.batch, self.negatives = batch, negatives
        self._taken = Pairs(bags.row, bags.item, len(biases.count) - 1)
        self._users = biases.user(bags.row, bags.weight, len(bags.start) - 1)
        self.used = np.arange(len(bags.row)) if biases.explicit else np.flatnonzero(bags.sign)

    def batches(self, seed: int, epoch: int) -> Iterator[Batch]:
        """All examples once, in random order: all ratings, or all events that are not neutral."""
        draw = generator(seed, f"mlp {epoch}")
        for part in shuffled(len(self.used), self.batch, draw):
            yield self._batch(self.used[part], draw)

    def _batch(self, rows: Rows, draw: np.random.Generator) -> Batch:
        bags = self.bags
        user, own = bags.row[rows], bags.pooled[rows].astype(np.float32)
        asking, who = np.unique(user, return_inverse=True)
        place, starts = entries(bags, asking)
        cells = np.concatenate([bags.item[rows][:, None], self._taken.negatives(user, self.negatives, draw)], axis=1)
        items, where = np.unique(np.concatenate([cells.ravel(), bags.item[place]]), return_inverse=True)
        history = (where[cells.size :], starts, bags.liked[place], bags.weight[place])
        label, base = self._labels(rows, cells)
        return Batch(
            items=_tensor(items),
            which=_tensor(where[: cells.size].reshape(cells.shape)),
            label=_tensor(label),
            base=_tensor(base),
            asking=_tensor(asking),
            who=_tensor(who),
            bias=_tensor(self._bias(rows)),
            histories=Histories(*(_tensor(column) for column in history)),
            own=_tensor(own),
            own_liked=_tensor(bags.liked[rows] * own),
            own_weight=_tensor(bags.weight[rows] * own),
        )

    def _labels(self, rows: Rows, cells: Rows) -> tuple[Reals, Reals]:
        """Labels and biases of the cells."""
        own = self.bags.value[rows] if self.biases.explicit else self.bags.liked[rows]
        without = own if self.biases.explicit else np.where(own > 0, own, np.nan)
        label = np.zeros(cells.shape, np.float32)
        label[:, 0] = own
        base = self.biases.item(cells)
        base[:, 0] = self.biases.item(cells[:, 0], without)
        return label, base.astype(np.float32)

    def _bias(self, rows: Rows) -> NDArray[np.float32]:
        total, count = self._users
        user = self.bags.row[rows]
        left = total[user] - self.bags.weight[rows] * self.biases.explicit
        return shrunk(left, count[user] - 1).astype(np.float32)


def _tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))

"""Pairs of items that one user liked, and the loss that makes their vectors find each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import generator
from tastemaker.learning.finetune.lesson import Lesson
from tastemaker.learning.finetune.settings import FinetuneSettings
from tastemaker.training.losses import sampled_softmax

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Net(Protocol):
    """An encoder that can learn."""

    module: nn.Module
    dim: int

    def vectors(self, rows: NDArray[np.integer]) -> Tensor:
        """Vectors of items by row, (b, dim), with their gradient."""
        ...

    def everything(self) -> NDArray[np.float32]:
        """Vectors of all items as the encoder stands, (n_items, dim); zeros where there is no content."""
        ...


class Batch(NamedTuple):
    """Pairs of one step.

    Attributes:
        items: Rows of the items of the step, each once, (m,).
        one: Places in `items`, (b,).
        other: What should be found among all of `other`, (b,).
        taken: Others that the user of the row liked too, bool, (b, b): no wrong answers.
        log_q: Log of the chance that each of `other` is drawn, (b,).
    """

    items: Tensor
    one: Tensor
    other: Tensor
    taken: Tensor
    log_q: Tensor


class CoLiked:
    """Draws an event, and another liked item of its user.

    Args:
        taken: Who liked which item, (users, n_items).
        rows: Items that may be drawn.
        seed: Of the draws.
    """

    def __init__(self, taken: csr_array, rows: NDArray[np.integer], seed: int) -> None:
        self._taken = taken[:, rows].tocsr()
        self._rows, self._seed = rows, seed
        self._count = np.diff(self._taken.indptr)
        self._user = np.repeat(np.arange(len(self._count)), self._count)
        self._events = np.flatnonzero(self._count[self._user] > 1)
        drawn = np.bincount(self._taken.indices[self._events], minlength=len(rows))
        self._log_q = np.log(np.maximum(drawn, 1) / max(1, drawn.sum())).astype(np.float32)

    def batches(self, epoch: int, size: int, steps: int) -> Iterator[Batch]:
        """At most `steps` batches of at most `size` pairs; they depend on seed and epoch alone."""
        draw = generator(self._seed, f"pairs {epoch}")
        events = draw.permutation(self._events)[: size * steps]
        for at in range(0, len(events), size):
            yield self._batch(events[at : at + size], draw)

    def _batch(self, events: NDArray[np.integer], draw: np.random.Generator) -> Batch:
        user, start = self._user[events], self._taken.indptr
        step = draw.integers(1, self._count[user])  # the partner is another liked item, each as likely
        partner = start[user] + (events - start[user] + step) % self._count[user]
        one, other = self._taken.indices[events], self._taken.indices[partner]
        items, places = np.unique(np.concatenate([one, other]), return_inverse=True)
        taken = self._taken[user][:, other].toarray() > 0
        parts = (self._rows[items], places[: len(one)], places[len(one) :], taken, self._log_q[other])
        return Batch(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))


class Matching:
    """The task: content vectors, compared in fewer numbers, must find what the same users liked.

    Source: Yi et al. 2019 (the corrected softmax) on pairs of items that were liked together.
    """

    def __init__(self, net: Net, lesson: Lesson, settings: FinetuneSettings, seed: int) -> None:
        self._net, self._settings = net, settings
        self._pairs = CoLiked(lesson.taken, lesson.rows, seed)
        self._head = nn.Linear(net.dim, settings.width)
        nn.init.orthogonal_(self._head.weight)
        self.module = nn.ModuleDict({"net": net.module, "head": self._head})

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        return self._pairs.batches(epoch, self._settings.training.batch, self._settings.each)

    def loss(self, batch: Batch) -> Tensor:
        """Softmax over the batch, corrected for popularity; see `losses.sampled_softmax`."""
        places = F.normalize(self._head(self._net.vectors(batch.items.cpu().numpy())), dim=1)
        logits = places[batch.one] @ places[batch.other].T / self._settings.temperature
        return sampled_softmax(logits, batch.log_q, batch.taken)

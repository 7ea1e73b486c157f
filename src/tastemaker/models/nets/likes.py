"""What graph models are trained for: each like, from the other likes of its user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import Run, generator
from tastemaker.models import sparse
from tastemaker.models.graph import Reader
from tastemaker.models.nets.graphs import Edges, normalised
from tastemaker.models.ranking import Score
from tastemaker.training.devices import device_of
from tastemaker.training.losses import bpr, info_nce, shared_softmax
from tastemaker.training.samplers import shuffled

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Loss = Literal["softmax", "bpr"]
TINY = 1e-12
ALIKE = 10  # liked items that tell how popular a new one will be
ASKED = 1024  # new items at a time
COMPARED = 1024  # likes of a batch whose ends must agree in two views


class Plan(NamedTuple):
    """How a graph model is trained.

    Attributes:
        batch: Likes a step.
        drop: Share of the likes that are hidden in an epoch, and told from the others.
        loss: "softmax" over negatives that a batch shares, or "bpr": one of them a like.
        temperature: What cosines are divided by.
        popularity: Power of an item's likes that its vector is as long as.
        negatives: Drawn items that a batch shares.
        full: Catalogues up to this size are ranked whole instead.
    """

    batch: int
    drop: float
    loss: Loss = "softmax"
    temperature: float = 0.2
    popularity: float = 0.0
    negatives: int = 256
    full: int = 0


class Batch(NamedTuple):
    """Likes and what they are ranked against.

    Attributes:
        user: Who liked, (b,).
        item: What, (b,).
        others: Negatives of the whole batch, (k,).
        hit: Which of them their user liked, bool, (b, k).
        other: One negative each, (b,).
        likes: The graph of this epoch, users to items.
    """

    user: Tensor
    item: Tensor
    others: Tensor
    hit: Tensor
    other: Tensor
    likes: Edges


class Step(NamedTuple):
    """A batch and how it is judged.

    Attributes:
        batch: What is learned from.
        plan: Loss and temperature.
    """

    batch: Batch
    plan: Plan

    def users(self, items: Tensor) -> Tensor:
        """Vectors of the users of the batch from their likes in the graph, (b, d)."""
        return self.batch.likes.forth(items)[self.batch.user]

    def rank(self, items: Tensor, users: Tensor | None = None) -> Tensor:
        """How badly the likes are ranked by item vectors, (n_items, d), and users' ones, (b, d)."""
        batch, plan = self.batch, self.plan
        wants = F.normalize(self.users(items) if users is None else users, dim=1) / plan.temperature
        items = F.normalize(items, dim=1)
        true = (wants * items[batch.item]).sum(dim=1)
        if plan.loss == "bpr":
            return bpr(true, (wants * items[batch.other]).sum(dim=1))
        return shared_softmax(true, wants @ items[batch.others].T, batch.hit)

    def agree(self, one: Tensor, other: Tensor, temperature: float = 0.2) -> Tensor:
        """InfoNCE of two views of some items of the batch and of their users; both (n_items, d)."""
        item, user = (torch.unique(rows[:COMPARED]) for rows in (self.batch.item, self.batch.user))
        ends = ((v[item], self.batch.likes.forth(v)[user]) for v in (one, other))
        (items, users), (theirs, others) = ends
        return info_nce(items, theirs, temperature) + info_nce(users, others, temperature)


class Net(Protocol):
    """Item vectors from a graph of likes."""

    def items(self, likes: Edges) -> Tensor:
        """Vectors of all items, (n_items, d); zeros where nothing is known."""
        ...

    def loss(self, step: Step) -> Tensor:
        """The mean loss over a batch."""
        ...


class Task:
    """The loss and the scores of one graph model."""

    def __init__(self, plan: Plan, net: Net, liked: csr_array, run: Run) -> None:
        self.plan, self.net, self.liked, self.run = plan, net, liked, run
        self.module = cast(nn.Module, net)
        self.size, self.popular = sparse.sizes(liked)
        self.pool = np.flatnonzero(self.popular)
        self.user = np.repeat(np.arange(liked.shape[0]), np.diff(liked.indptr))
        self.item = liked.indices.astype(np.int64)
        self.likes = self._edges(liked)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The hidden likes of an epoch, in random order, of users of whom something else is in the graph."""
        draw = generator(self.run.seed, f"likes {epoch}")
        graph, hidden = self._parted(draw)
        for part in shuffled(len(hidden), self.plan.batch, draw):
            user, item = self.user[hidden[part]], self.item[hidden[part]]
            others = self.pool
            if len(self.pool) > self.plan.full:
                others = np.sort(draw.choice(self.pool, min(self.plan.negatives, len(self.pool)), replace=False))
            hit = self._hit(user, others)
            other = others[_missed(hit, draw)]
            ready = [torch.from_numpy(a) for a in (user, item, others, hit, other)]
            yield Batch(ready[0], ready[1], ready[2], ready[3], ready[4], graph)

    def _parted(self, draw: np.random.Generator) -> tuple[Edges, NDArray[np.int64]]:
        """The graph of an epoch, and the places of the likes that are not in it."""
        hidden = draw.random(len(self.user)) < self.plan.drop
        kept = self.liked.copy()
        kept.data = (~hidden).astype(np.float32)
        kept.eliminate_zeros()
        asked = hidden & (np.diff(kept.indptr) > 0)[self.user]
        return self._edges(kept), np.flatnonzero(asked)

    def _edges(self, liked: csr_array) -> Edges:
        return Edges.of(normalised(liked), device_of(self.run))

    def _hit(self, user: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the negatives each user liked, (b, k)."""
        place = np.full(self.liked.shape[1], -1, np.int64)
        place[others] = np.arange(len(others))
        some = self.liked[user]
        column = place[some.indices]
        out = np.zeros((len(user), len(others)), bool)
        out[np.repeat(np.arange(len(user)), np.diff(some.indptr))[column >= 0], column[column >= 0]] = True
        return out

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss over a batch."""
        return self.net.loss(Step(batch, self.plan))

    def scorer(self) -> Score:
        """Scores of the network as it stands."""
        return Reader(self.vectors(), self.popular).score

    def vectors(self) -> NDArray[np.float32]:
        """Vectors of all items over the whole graph, (n_items, d)."""
        with torch.inference_mode():
            out = F.normalize(self.net.items(self.likes), dim=1, eps=TINY).float().cpu().numpy()
        likes = expected(out, self.popular) if self.plan.popularity else self.popular
        return np.asarray(out * np.maximum(likes, 1)[:, None] ** np.float32(self.plan.popularity))


def expected(items: NDArray[np.float32], popular: NDArray[np.float32]) -> NDArray[np.float32]:
    """Likes of each item, (n_items,); of one that nobody liked the geometric mean of the `ALIKE` nearest liked ones.

    Args:
        items: Unit vectors, (n_items, d); zeros where nothing is known.
        popular: Likes, (n_items,).
    """
    liked, out = np.flatnonzero(popular), popular.astype(np.float32)
    new = np.flatnonzero((popular == 0) & items.any(axis=1))
    k = min(ALIKE, len(liked))
    for at in range(0, len(new) if k else 0, ASKED):
        part = new[at : at + ASKED]
        near = np.argpartition(items[part] @ items[liked].T, -k, axis=1)[:, -k:]
        out[part] = np.exp(np.log(popular[liked][near]).mean(axis=1))
    return out


def _missed(hit: NDArray[np.bool_], draw: np.random.Generator) -> NDArray[np.int64]:
    """A column of each row that was not hit, at random; any column of a row that was hit everywhere."""
    out = draw.integers(hit.shape[1], size=len(hit))
    for _ in range(8):
        bad = np.flatnonzero(hit[np.arange(len(hit)), out])
        if not len(bad):
            break
        out[bad] = draw.integers(hit.shape[1], size=len(bad))
    return out

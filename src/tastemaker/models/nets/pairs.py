"""What `bpr`, `vbpr` and `neumf` are trained for: that what a history lacks one item of ranks that item first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import Run, generator
from tastemaker.data import Dataset, FeatureSet, Query
from tastemaker.fusion import FUSIONS
from tastemaker.models import sparse
from tastemaker.models.base import Scores, State
from tastemaker.models.nets.items import ItemSources, sources_of, tower_of
from tastemaker.models.nets.packing import pack, unpack
from tastemaker.models.pairwise import Factors, Kind, Reading
from tastemaker.models.ranking import Score
from tastemaker.training.devices import device_of, moved
from tastemaker.training.losses import bpr, click_loss
from tastemaker.training.samplers import Pairs

STEPS = 20  # an epoch of few pairs still has that many steps
CELLS = 1 << 20  # hidden numbers of pairs that are held at a time


class Plan(NamedTuple):
    """How a model is trained.

    Attributes:
        kind: What tells it from the others.
        reading: How a history is read.
        dim: Width of the factors.
        batch: About how many pairs a step.
        negatives: Drawn for each pair.
        reg: Of the factors that a pair uses.
    """

    kind: Kind
    reading: Reading
    dim: int
    batch: int
    negatives: int
    reg: float


class Batch(NamedTuple):
    """Liked items of some users, (m,), the place of the user of each, where each begins, (b,), and others, (m, k)."""

    items: Tensor
    who: Tensor
    starts: Tensor
    others: Tensor


class Layers(nn.Module):
    """``h (p * q) + MLP([p', q'])`` of two halves of each vector. Source: He et al. 2017, eq. 12."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.dim = dim
        self.both = nn.Parameter(torch.ones(dim))
        self.of_user, self.of_item = nn.Linear(dim, hidden, bias=False), nn.Linear(dim, hidden)
        self.next, self.last = nn.Linear(hidden, max(1, hidden // 2)), nn.Linear(max(1, hidden // 2), 1, bias=False)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Shapes (..., 2 dim), broadcast, to (...)."""
        first, second = slice(None, self.dim), slice(self.dim, None)
        met = (users[..., first] * self.both * items[..., first]).sum(dim=-1)
        hidden = F.relu(self.of_user(users[..., second]) + self.of_item(items[..., second]))
        out: Tensor = met + self.last(F.relu(self.next(hidden)))[..., 0]
        return out


class Net(nn.Module):
    """A tower that reads items in histories, one that ranks them, and how both meet."""

    def __init__(self, plan: Plan, sources: ItemSources) -> None:
        super().__init__()
        hidden, fusion = plan.kind.hidden, plan.kind.fusion or FUSIONS.build("weighted")
        width, drop = plan.dim * (2 if hidden else 1), plan.kind.id_dropout
        self.reads, self.ranks = (tower_of(sources, fusion, width, id_dropout=drop) for _ in range(2))
        self.bias = nn.Parameter(torch.zeros(len(sources.ids)))
        self.layers = Layers(plan.dim, hidden) if hidden else None

    def meet(self, users: Tensor, items: Tensor) -> Tensor:
        """Scores without bias; shapes (..., width), broadcast, to (...)."""
        return (users * items).sum(dim=-1) if self.layers is None else self.layers(users, items)


class Task:
    """The loss and the scores of one model."""

    def __init__(self, plan: Plan, data: Dataset, features: FeatureSet | None, run: Run) -> None:
        self.plan, self.seed = plan, run.seed
        self.sources: ItemSources = moved(sources_of(data, features), device_of(run))
        self.module = Net(plan, self.sources)
        taken = sparse.liked(data)
        self.items, self.ends = taken.indices.astype(np.int64), taken.indptr.astype(np.int64)
        self.user = np.repeat(np.arange(taken.shape[0]), np.diff(self.ends))
        self.pairs = Pairs(self.user, self.items, taken.shape[1])

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Whole users in random order, about as many pairs in each batch."""
        draw = generator(self.seed, f"pairs {epoch}")
        size = max(1, min(self.plan.batch, -(-len(self.items) // STEPS)))
        sizes = np.diff(self.ends)
        order = draw.permutation(np.flatnonzero(sizes))
        part = np.cumsum(sizes[order]) // size
        for users in np.split(order, np.flatnonzero(np.diff(part)) + 1):
            if len(users):
                yield self._batch(users, sizes[users], draw)

    def _batch(self, users: NDArray[np.int64], sizes: NDArray[np.int64], draw: np.random.Generator) -> Batch:
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        rows = np.repeat(self.ends[users] - starts, sizes) + np.arange(sizes.sum())
        others = self.pairs.negatives(self.user[rows], self.plan.negatives, draw)
        who = np.repeat(np.arange(len(users)), sizes)
        return Batch(*(torch.from_numpy(a) for a in (self.items[rows], who, starts, others)))

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss over all pairs; each item of the batch is made once, and no history holds its own target."""
        net, m = self.module, len(batch.items)
        rows, place = torch.unique(torch.cat([batch.items, batch.others.flatten()]), return_inverse=True)
        read, ranked = net.reads(rows, self.sources), net.ranks(rows, self.sources)
        own, other = place[:m], place[m:].view(batch.others.shape)
        users = self._without(read, own, batch)
        true = net.meet(users, ranked[own]) + net.bias[batch.items]
        others = net.meet(users[:, None], ranked[other]) + net.bias[batch.others]
        pull = (users.square().sum() + ranked[own].square().sum() + ranked[other].square().sum()) / m
        out: Tensor = self._missed(true, others) + self.plan.reg * pull
        return out

    def _missed(self, true: Tensor, others: Tensor) -> Tensor:
        if self.plan.kind.loss == "bpr":
            return bpr(true[:, None].expand_as(others), others)
        logits = torch.cat([true[:, None], others], dim=1)
        labels = torch.zeros_like(logits)
        labels[:, 0] = 1
        return click_loss(logits, labels)

    def _without(self, read: Tensor, own: Tensor, batch: Batch) -> Tensor:
        """The user of each pair as his other items tell him, (m, width)."""
        sums = F.embedding_bag(own, read, batch.starts, mode="sum")
        sizes = torch.bincount(batch.who, minlength=len(batch.starts))[batch.who] - 1
        share = sizes.clamp_min(1).to(read.dtype) ** -self.plan.reading.alpha
        out: Tensor = (sums[batch.who] - read[own]) * share[:, None]
        return out

    def scorer(self) -> Score:
        """Scores of the network as it stands."""
        return self.ranker().__call__

    def ranker(self) -> Ranker:
        """Factors and layers as they stand."""
        return Ranker(self.factors(), self.module.layers)

    def factors(self) -> Factors:
        """What items say and how they rank, as they stand."""
        with torch.inference_mode():
            made = [tower.every(self.sources) for tower in (self.module.reads, self.module.ranks)]
            reads, ranks, bias = (part.float().cpu().numpy() for part in (*made, self.module.bias))
        known = self.sources.known
        return Factors(reads * known[:, None], ranks * known[:, None], bias * known, known, self.plan.reading)


class Ranker(NamedTuple):
    """Factors, and the layers they meet in; None is an inner product."""

    factors: Factors
    layers: Layers | None

    def __call__(self, queries: Sequence[Query]) -> Scores:
        """Scores (q, n_items); nan for unknown items and for histories without a known one."""
        if self.layers is None:
            return self.factors.score(queries)
        users, there = self.factors.users(queries)
        out = np.full((len(queries), len(self.factors.known)), np.nan, np.float32)
        device = self.layers.both.device  # the factors are held in main memory
        items = torch.from_numpy(self.factors.ranks[self.factors.known]).to(device)
        step = max(1, CELLS // max(1, len(items) * self.layers.of_user.out_features))
        with torch.inference_mode():
            for at in range(0, len(users), step):
                met = self.layers(torch.from_numpy(users[at : at + step]).to(device)[:, None], items)
                out[at : at + step, self.factors.known] = met.float().cpu().numpy()
        out += self.factors.bias
        out[~there] = np.nan
        return out

    def state(self) -> State:
        """Factors and layers."""
        return {**self.factors.state(), **({} if self.layers is None else pack(self.layers))}


def restored(state: State, dim: int, hidden: int) -> Ranker:
    """Rebuild what `Ranker.state` gave; raises `SavedError`."""
    layers = Layers(dim, hidden)
    unpack(layers, state)
    return Ranker(Factors.restored(state), layers)

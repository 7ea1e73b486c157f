"""Two towers: histories and attributes on one side, items with their content on the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.core import Run, generator
from tastemaker.data import Dataset, Query
from tastemaker.fusion import Fusion
from tastemaker.models import sparse
from tastemaker.models.base import Scores
from tastemaker.models.histories import matrix
from tastemaker.models.nets.aligning import View, disagreement, some
from tastemaker.models.nets.items import ItemSources, tower_of
from tastemaker.models.ranking import Score
from tastemaker.training.devices import device_of, moved
from tastemaker.training.losses import MASKED

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BLOCK = 4096  # items placed at a time
SHARES = (0.2, 0.8)  # of a history that is read, the rest is to be told
STEPS = 20  # an epoch of few users still has that many steps
SCALE = 4.0  # of the logits at first
SMALL = 0.05  # of the weights at first

Reals = NDArray[np.float32]


class Plan(NamedTuple):
    """How two towers are trained.

    Attributes:
        dim: Width of both towers.
        fusion: Of the sources; None where there is one, taken as it is.
        id_dropout: Chance that an item's own vector is hidden.
        source_dropout: Chance that a source is hidden.
        attribute_dropout: Chance that a user's attributes are hidden, and that of reading them alone.
        batch: Most users a step.
        negatives: Drawn items that a batch shares.
        full: Catalogues up to this size are ranked whole.
        align: Weight of the loss that own vectors, content and its sources agree.
    """

    dim: int
    fusion: Fusion | None
    id_dropout: float
    source_dropout: float
    attribute_dropout: float
    batch: int
    negatives: int
    full: int
    align: float = 0.0


class Batch(NamedTuple):
    """Histories read and to be told, as pairs (row of the batch, item); users' attributes; negatives.

    Attributes:
        read: Items read, (r,), their rows in the batch, (r,), and what each weighs, (r,).
        told: Items to be told, (t,), and their rows, (t,).
        people: Attributes, (b, a); zeros where hidden.
        others: Drawn items, (k,), the log of how often each is expected, (k,), and whose they are, (b, k).
    """

    read: tuple[Tensor, Tensor, Tensor]
    told: tuple[Tensor, Tensor]
    people: Tensor
    others: tuple[Tensor, Tensor, Tensor]


class Towers(nn.Module):
    """``z_u = sum_h q_h + A a_u`` and ``v_i``, ``b_i``, all with content: ``q_i = e_i + W x_i`` and so on.

    The sum over a part of a history is divided by the share of the part. The own vector and bias of an item that is
    to be told are hidden at random in training, so that what is left when it is new has learned to stand alone.
    """

    def __init__(self, plan: Plan, sources: ItemSources, people: int) -> None:
        super().__init__()
        self.plan = plan
        drop = {"id_dropout": 0.0, "source_dropout": plan.source_dropout}
        self.tower = None if plan.fusion is None else tower_of(sources, plan.fusion, plan.dim, **drop)
        width = plan.dim if self.tower is not None else max(1, sum(v.shape[1] for v in sources.vectors.values()))
        n, d = len(sources.ids), plan.dim
        self.ids = nn.Embedding(n, 2 * d + 1)
        self.content = nn.Linear(width, 2 * d + 1, bias=False)
        self.people = nn.Linear(max(1, people), d, bias=False)
        self.centre = nn.Parameter(torch.zeros(d))
        self.scale = nn.Parameter(torch.tensor(SCALE))
        nn.init.normal_(self.ids.weight, std=SMALL)
        nn.init.normal_(self.content.weight, std=SMALL)
        nn.init.zeros_(self.people.weight)
        with torch.no_grad():
            self.ids.weight[:, -1] = 0
            self.content.weight[-1] = 0

    def items(self, rows: Tensor, sources: ItemSources) -> tuple[Tensor, Tensor, Tensor]:
        """What each item adds to a history, (m, d), its vector, (m, d), and its bias, (m,)."""
        own, d = sources.ids[rows], self.plan.dim
        there = (own >= 0)[:, None]
        kept = there
        if self.training and self.plan.id_dropout:
            kept = there & (torch.rand(len(rows), 1, device=own.device) >= self.plan.id_dropout)
        ids, said = self.ids(own.clamp_min(0)), self.content(self._content(rows, sources))
        give, stand = ids[:, :d] * there + said[:, :d], ids[:, d:] * kept + said[:, d:]
        return give, stand[:, :d] + self.centre, stand[:, -1]

    def _content(self, rows: Tensor, sources: ItemSources) -> Tensor:
        if self.tower is not None:
            said: Tensor = self.tower.told(rows, sources)
            return said
        if not sources.vectors:
            return torch.zeros(len(rows), 1, device=rows.device)
        content: Tensor = next(iter(sources.vectors.values()))[rows]
        return content

    def forward(self, batch: Batch, sources: ItemSources) -> Tensor:
        """Mean of ``-log softmax`` of what is to be told against the negatives, all corrected for their drawing."""
        (read, reader, weight), (told, teller), (others, log_q, mine) = batch.read, batch.told, batch.others
        rows, place = torch.unique(torch.cat([read, told, others]), return_inverse=True)
        give, want, bias = self.items(rows, sources)
        a, b, c = place.split((len(read), len(told), len(others)))
        z = give.new_zeros(len(mine), self.plan.dim).index_add(0, reader, give[a] * weight[:, None])
        z = (z + self.people(batch.people)) * self.scale
        wrong = (z @ want[c].T + bias[c] - log_q).masked_fill(mine, MASKED).logsumexp(dim=1)
        right = (z[teller] * want[b]).sum(dim=1) + bias[b]
        out: Tensor = (torch.logaddexp(right, wrong[teller]) - right).mean()
        return out + self.plan.align * self.disagreement(rows, sources) if self.plan.align else out

    def disagreement(self, rows: Tensor, sources: ItemSources) -> Tensor:
        """How little own vectors agree with content, and the sources with one another; see `aligning`."""
        if not sources.vectors:
            return torch.zeros((), device=rows.device)
        rows = some(rows)
        own, part = sources.ids[rows], slice(self.plan.dim, 2 * self.plan.dim)
        known = torch.stack([mask[rows] for mask in sources.present.values()]).any(dim=0)
        content = View(self.content(self._content(rows, sources))[:, part], known)
        mine = View(self.ids(own.clamp_min(0))[:, part], own >= 0)
        between = [] if self.tower is None else self.tower.between(rows, sources)
        return disagreement([(mine, content), *between])


class Task:
    """The loss and the scores of two towers."""

    def __init__(self, plan: Plan, data: Dataset, sources: ItemSources, people: Reals, run: Run) -> None:
        self.plan, self.seed, self.n = plan, run.seed, len(data.items)
        self.taken = sparse.liked(data)
        self.people = people if people.shape[1] else np.zeros((len(people), 1), np.float32)
        self.sources: ItemSources = moved(_owned(sources, self.taken.indices), device_of(run))
        self.module = Towers(plan, sources, people.shape[1])
        self.users = np.flatnonzero(np.diff(self.taken.indptr))
        self.pool = np.unique(self.taken.indices).astype(np.int64)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """All users who liked something, in random order."""
        draw = generator(self.seed, f"towers {epoch}")
        size = max(1, min(self.plan.batch, -(-len(self.users) // STEPS)))
        order = draw.permutation(self.users)
        for at in range(0, len(order), size):
            yield self._batch(order[at : at + size], draw)

    def _batch(self, users: NDArray[np.int64], draw: np.random.Generator) -> Batch:
        cells = self.taken[users]
        row = np.repeat(np.arange(len(users)), np.diff(cells.indptr))
        share = draw.uniform(*SHARES, len(users)).astype(np.float32)
        people = self.people[users] * (draw.random((len(users), 1)) >= self.plan.attribute_dropout)
        alone = (draw.random(len(users)) < self.plan.attribute_dropout) & people.any(axis=1)
        share[alone] = 0.0
        read = draw.random(len(row)) < share[row]
        left = ~np.bincount(row[~read], minlength=len(users)).astype(bool)  # all read: nothing would be told
        read &= ~left[row]
        item = cells.indices.astype(np.int64)
        weight = 1 / np.maximum(share[row[read]], SHARES[0])
        parts = ((item[read], row[read], weight), (item[~read], row[~read]))
        seen, told = (tuple(torch.from_numpy(np.ascontiguousarray(x)) for x in part) for part in parts)
        return Batch(seen, told, torch.from_numpy(people.astype(np.float32)), self._others(cells, draw))  # type: ignore[arg-type]

    def _others(self, cells: csr_array, draw: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        pool, k = self.pool, self.plan.negatives
        whole = len(pool) <= self.plan.full
        some = pool if whole else np.sort(draw.choice(pool, min(k, len(pool)), replace=False))
        log_q = 0.0 if whole else np.log(len(some) / len(pool))
        column = np.full(self.n, -1)
        column[some] = np.arange(len(some))
        mine = np.zeros((cells.shape[0], len(some)), bool)
        there = column[cells.indices] >= 0
        mine[np.repeat(np.arange(len(mine)), np.diff(cells.indptr))[there], column[cells.indices[there]]] = True
        return torch.from_numpy(some), torch.full((len(some),), log_q), torch.from_numpy(mine)

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss over what is to be told."""
        out: Tensor = self.module(batch, self.sources)
        return out

    def scorer(self) -> Score:
        """Scores of the towers as they stand, for users of the data."""
        give, items, weights = self.frozen()

        def score(asked: Sequence[Query]) -> Scores:
            z = matrix(asked, self.n) @ give + self.people[[query.user or 0 for query in asked]] @ weights
            scores: Scores = np.asarray(z @ items[:, :-1].T + items[:, -1], np.float32)
            scores[:, ~items.any(axis=1)] = np.nan
            return scores

        return score

    def frozen(self) -> tuple[Reals, Reals, Reals]:
        """What items add to a history, (n, d), their vectors and biases, (n, d + 1), and weights of attributes."""
        device, parts = self.sources.ids.device, []
        with torch.inference_mode():
            for at in range(0, self.n, BLOCK):
                rows = torch.arange(at, min(at + BLOCK, self.n), device=device)
                give, want, bias = self.module.items(rows, self.sources)
                parts.append(torch.cat([give, want, bias[:, None]], dim=1).cpu().numpy())
            scale = float(self.module.scale)
            people = self.module.people.weight.T.cpu().numpy() * scale
        table = np.concatenate(parts)
        d, known = self.plan.dim, self.sources.known
        adds, stands = table[:, :d] * np.float32(scale), table[:, d:]
        return adds * known[:, None], stands * known[:, None], np.asarray(people, np.float32)


def _owned(sources: ItemSources, liked: NDArray[np.integer]) -> ItemSources:
    """The same with ids for the liked items alone."""
    ids = np.full(len(sources.ids), -1)
    ids[liked] = liked
    return sources._replace(ids=torch.from_numpy(ids))

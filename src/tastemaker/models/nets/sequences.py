"""What sequence models are trained for: the next liked item, at every place of every history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import Run, SavedError, generator
from tastemaker.data import Dataset, FeatureSet, Query, queries
from tastemaker.fusion import Fusion
from tastemaker.models.base import State, array
from tastemaker.models.halves import opinions
from tastemaker.models.nets.encoders import Encoder, EncoderShape
from tastemaker.models.nets.items import ItemSources, sources_of, tower_of
from tastemaker.models.nets.packing import pack, unpack
from tastemaker.models.ranking import Score
from tastemaker.training.devices import device_of, moved
from tastemaker.training.losses import gbce, shared_softmax

ASKED = 256  # queries read at a time
STEPS = 20  # an epoch of few users still has that many steps
Loss = Literal["softmax", "gbce"]


class Plan(NamedTuple):
    """How a sequence model is trained.

    Attributes:
        shape: Of the encoder.
        fusion: Of the item's sources.
        loss: "softmax" or "gbce".
        batch: Most users a step.
        negatives: Drawn items that a batch shares.
        alpha: They are drawn by popularity to this power; 0 is uniform.
        full: Catalogues up to this size are ranked whole.
        id_dropout: Chance that an item's own vector is hidden.
        source_dropout: Chance that a source is hidden.
        temperature: What cosines are divided by; 0: inner products.
        align: Weight of the loss that own vectors, content and its sources agree.
    """

    shape: EncoderShape
    fusion: Fusion
    loss: Loss
    batch: int
    negatives: int
    alpha: float
    full: int
    id_dropout: float
    source_dropout: float
    temperature: float
    align: float = 0.0


class Batch(NamedTuple):
    """Histories (b, t), their lengths (b,), the next item at each place (b, t; -1 none), negatives and their log q."""

    items: Tensor
    lengths: Tensor
    target: Tensor
    others: Tensor
    log_q: Tensor


class Task:
    """The loss and the scores of one sequence model."""

    def __init__(self, plan: Plan, data: Dataset, features: FeatureSet | None, run: Run) -> None:
        self.plan, self.seed, self.n = plan, run.seed, len(data.items)
        self.sources: ItemSources = moved(sources_of(data, features), device_of(run))
        alone = plan.id_dropout if self.sources.vectors else 0.0  # with its id all would be hidden
        hidden = {"id_dropout": alone, "source_dropout": plan.source_dropout}
        self.tower = tower_of(self.sources, plan.fusion, plan.shape.dim, **hidden)
        self.encoder = Encoder(plan.shape)
        self.module = nn.ModuleDict({"tower": self.tower, "encoder": self.encoder})
        liked = [q.liked[-plan.shape.length - 1 :] for q in queries(data, range(len(data.users)))]
        self.liked = [line.astype(np.int64) for line in liked if len(line) > 1]
        self.places = np.array([len(line) - 1 for line in self.liked], np.int64)
        log = data.interactions
        count = np.bincount(log.item[log.sign > 0], minlength=self.n)
        self.pool = np.flatnonzero(count)
        weight = count[self.pool].astype(np.float64) ** plan.alpha
        self.chance = weight / max(weight.sum(), 1.0e-12)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Users of like length together, as many places to be told in each batch, the batches in random order.

        With as many users in each, places in short histories would count more than those in long ones.
        """
        if not self.liked:
            return
        draw = generator(self.seed, f"sequences {epoch}")
        order = draw.permutation(len(self.liked))
        order = order[np.argsort(self.places[order], kind="stable")]
        ends = np.cumsum(self.places[order])
        most = min(self.plan.batch * self.places.mean(), max(1.0, ends[-1] / STEPS))
        parts = np.split(order, np.flatnonzero(np.diff((ends - 1) // most)) + 1)
        for at in draw.permutation(len(parts)):
            yield self._batch([self.liked[n] for n in parts[at]], draw)

    def _batch(self, lines: list[NDArray[np.int64]], draw: np.random.Generator) -> Batch:
        items, lengths = padded([line[:-1] for line in lines], 0)
        target, _ = padded([line[1:] for line in lines], -1)
        if len(self.pool) <= self.plan.full:
            return Batch(items, lengths, target, torch.from_numpy(self.pool), torch.zeros(len(self.pool)))
        k = self.plan.negatives
        drawn = draw.choice(len(self.pool), k, p=self.chance)
        log_q = np.log(k * self.chance[drawn]).astype(np.float32)
        return Batch(items, lengths, target, torch.from_numpy(self.pool[drawn]), torch.from_numpy(log_q))

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss over all places, and what own vectors and content say differently of the items."""
        told = self._told(batch)
        if not self.plan.align:
            return told
        rows = torch.unique(torch.cat([batch.items.flatten(), batch.others]))
        return told + self.plan.align * self.tower.disagreement(rows, self.sources)

    def _told(self, batch: Batch) -> Tensor:
        """Mean loss over all places; each item of the batch is made once."""
        there = batch.target >= 0
        true = batch.target[there]
        rows, place = torch.unique(torch.cat([batch.items.flatten(), true, batch.others]), return_inverse=True)
        vectors = self.tower(rows, self.sources)
        ends = (batch.items.numel(), len(true), len(batch.others))
        read, right, other = place.split(ends)
        wants = self.encoder(vectors[read].view(*batch.items.shape, -1), batch.lengths)[there]
        if self.plan.temperature:
            vectors, wants = F.normalize(vectors, dim=1), F.normalize(wants, dim=1) / self.plan.temperature
        others = wants @ vectors[other].T
        if self.plan.loss == "softmax" and len(self.pool) <= self.plan.full:
            return F.cross_entropy(others, torch.searchsorted(batch.others, true))
        logits, hit = (wants * vectors[right]).sum(dim=1), true[:, None] == batch.others
        if self.plan.loss == "gbce":
            return gbce(logits, others, hit, len(self.pool))
        return shared_softmax(logits, others, hit, batch.log_q)

    def scorer(self) -> Score:
        """Scores of the network as it stands."""
        reader = self.reader()
        return lambda asked: opinions(reader, asked)

    def reader(self) -> Reader:
        """The encoder with the vectors of all items as they stand."""
        with torch.inference_mode():
            every = self.tower.every(self.sources)
            return Reader(self.encoder, every, self.sources.known, cosine=self.plan.temperature > 0)

    def frozen(self) -> Reader:
        """The same on the processor in double precision, for good."""
        reader = self.reader()
        return replace(reader, encoder=self.encoder.cpu().double().eval(), vectors=reader.vectors.cpu().double())


@dataclass(frozen=True)
class Reader:
    """A trained encoder and the items it reads and ranks.

    Attributes:
        encoder: From vectors of items to what comes next.
        vectors: Of all items, (n_items, dim).
        known: Items of which anything is known, (n_items,).
        cosine: Whether scores are cosines; else they are inner products.
    """

    encoder: Encoder
    vectors: Tensor
    known: NDArray[np.bool_]
    cosine: bool

    @cached_property
    def items(self) -> NDArray[np.float32]:
        """What is wanted is multiplied with, (n_items, dim); zeros where nothing is known."""
        with torch.inference_mode():
            out = F.normalize(self.vectors, dim=1) if self.cosine else self.vectors
            return np.asarray(out.float().cpu().numpy() * self.known[:, None])

    def __call__(self, asked: Sequence[Query]) -> NDArray[np.float32]:
        """What is wanted next, (q, dim); zeros for histories without a liked, known item."""
        out = np.zeros((len(asked), self.vectors.shape[1]), np.float32)
        lines = [self._line(query) for query in asked]
        some = sorted((n for n, line in enumerate(lines) if len(line)), key=lambda n: len(lines[n]))
        for at in range(0, len(some), ASKED):
            part = some[at : at + ASKED]
            out[part] = self._wants([lines[n] for n in part])
        return out

    def _line(self, query: Query) -> NDArray[np.int64]:
        liked = query.liked.astype(np.int64)
        return liked[self.known[liked]][-self.encoder.shape.length :]

    def _wants(self, lines: list[NDArray[np.int64]]) -> NDArray[np.float32]:
        items, lengths = (t.to(self.vectors.device) for t in padded(lines, 0))
        with torch.inference_mode():
            wants = self.encoder(self.vectors[items], lengths)[torch.arange(len(lines)), lengths - 1]
            wants = F.normalize(wants, dim=1) if self.cosine else wants
            return np.asarray(wants.float().cpu().numpy())

    def pack(self) -> dict[str, NDArray[Any]]:
        """Encoder, item vectors and which are known, in single precision."""
        net = {k: v.astype(np.float32) for k, v in pack(self.encoder).items()}
        return {**net, "items": self.vectors.float().numpy(), "known": self.known}


def restored(state: State, shape: EncoderShape, *, cosine: bool) -> Reader:
    """Rebuild what `Reader.pack` gave; raises `SavedError`."""
    encoder = Encoder(shape)
    unpack(encoder, state)
    items, known = torch.from_numpy(np.array(array(state, "items"))), array(state, "known").astype(bool)
    if items.shape != (len(known), shape.dim):
        raise SavedError("The saved item vectors do not fit the network. Fit it anew.")
    return Reader(encoder.double().eval(), items.double(), known, cosine)


def padded(lines: Sequence[NDArray[np.int64]], fill: int) -> tuple[Tensor, Tensor]:
    """Lines as one table, filled at the end, (b, longest), and their lengths, (b,)."""
    lengths = np.array([len(line) for line in lines], np.int64)
    out = np.full((len(lines), int(lengths.max())), fill, np.int64)
    out[np.arange(out.shape[1]) < lengths[:, None]] = np.concatenate(lines)
    return torch.from_numpy(out), torch.from_numpy(lengths)

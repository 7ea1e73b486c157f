"""Learning a fusion alone: the other items that a user liked must tell the one that is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import Run, generator
from tastemaker.core.fingerprints import of_json
from tastemaker.data import Dataset, FeatureSet
from tastemaker.data.fingerprint import fingerprint
from tastemaker.fusion.base import FusionModule, as_module
from tastemaker.fusion.fitted import Tensors, dims_of, tensors
from tastemaker.fusion.likes import Likes, likes
from tastemaker.training import TrainSettings
from tastemaker.training.loop import train
from tastemaker.training.losses import sampled_softmax

STEPS = 20  # between two looks at held-out behaviour
BATCH = 256  # pairs a step, and so candidates
OTHERS = 10  # other items of the user that make up his profile in a step
PATIENCE = 5
RATE = 0.02
TEMPERATURE = 0.1


def learn(  # noqa: PLR0913 - what is trained, on what, and how
    module: FusionModule, features: FeatureSet, data: Dataset, *, run: Run, steps: int, caution: float
) -> None:
    """Train `module` by sampled softmax over the liked items; leaves it as it was where that does not help.

    A profile is the mean of the fused vectors of 10 other liked items (with repetition) of the user; it must rank the
    item left out above those of the other pairs in the batch, corrected for how often these are drawn
    (logQ), with a learned temperature and a learned part of popularity, so that content need not explain it.
    The latest liked item of some users is held out; training stops when the mean of ``1 / log2(1 + rank)`` of
    these no longer grows, and the untrained module wins ties. ``caution / pairs`` times the module's `penalty`
    is added to the loss: with little behaviour the shares stay equal.
    """
    known = np.any([features[name].present for name in features], axis=0)
    split = likes(data, known, run.seed)
    net = as_module(module)
    if split is not None and steps > 0 and len(features) > 1:
        task = _Task(module, tensors(features, dims_of(features)), split, caution)
        settings = TrainSettings(rate=RATE, epochs=-(-steps // STEPS), patience=PATIENCE, batch=BATCH, keep_start=True)
        key = of_json([type(module).__name__, caution, fingerprint(data, features)])
        train(
            task,
            lambda epoch: task.batches(run.seed, epoch),
            task.loss,
            settings=settings,
            validate=task.figure,
            run=run,
            key=key,
        )
    net.to("cpu").eval()


class _Batch(NamedTuple):
    """Rows of the items in use, and where the targets and the others stand among them."""

    items: Tensor  # (m,)
    target: Tensor  # (batch,), in 0..m-1
    others: Tensor  # (batch, OTHERS), in 0..m-1
    kept: Tensor  # (batch, OTHERS): float, 0 where the target itself was drawn
    taken: Tensor  # (batch, batch): the user liked that candidate too


class _Task(nn.Module):
    """The module with the temperature and the popularity that its ranking needs."""

    def __init__(self, fusion: FusionModule, sources: tuple[Tensors, Tensors], split: Likes, caution: float) -> None:
        super().__init__()
        self.fusion: FusionModule = fusion
        self.log_scale = nn.Parameter(torch.tensor(-float(np.log(TEMPERATURE))))
        self.popularity = nn.Parameter(torch.tensor(0.5))
        self.vectors, self.present = sources
        self.split, self.pull = split, caution / len(split.user)
        self.log_q = torch.from_numpy(split.log_q)

    def batches(self, seed: int, epoch: int) -> Iterator[_Batch]:
        """Random pairs with random other items of their users."""
        draw = generator(seed, f"fusion {epoch}")
        for _ in range(STEPS):
            yield _batch(self.split, draw)

    def loss(self, batch: _Batch) -> Tensor:
        """Sampled softmax and the pull to equal shares."""
        rows = self.fused(batch.items)
        summed = F.embedding_bag(batch.others, rows, mode="sum", per_sample_weights=batch.kept.to(rows.dtype))
        profile = F.normalize(summed, dim=1)
        log_q = self.log_q.to(rows.device)[batch.items][batch.target]
        logits = self.log_scale.exp() * (profile @ rows[batch.target].T) + self.popularity * log_q
        return sampled_softmax(logits, log_q, batch.taken) + self.pull * self.fusion.penalty()

    def fused(self, items: Tensor) -> Tensor:
        """Fused vectors of some items, on the device of the module."""
        device, at = self.log_scale.device, items.cpu()
        vectors = {name: rows[at].to(device) for name, rows in self.vectors.items()}
        present = {name: mask[at].to(device) for name, mask in self.present.items()}
        return self.fusion(vectors, present)

    def figure(self) -> float:
        """Mean of ``1 / log2(1 + rank)`` of the held-out items among the candidates."""
        return self.split.held.figure(lambda items: self.fused(torch.from_numpy(items)).float().cpu().numpy())


def _batch(split: Likes, draw: np.random.Generator) -> _Batch:
    rows = draw.integers(len(split.user), size=min(BATCH, len(split.user)))
    user, item = split.user[rows], split.item[rows]
    others = split.some(user, OTHERS, draw)
    names, place = np.unique(np.concatenate([item, others.ravel()]), return_inverse=True)
    kept = (others != item[:, None]).astype(np.float32)
    taken = split.pairs.has(user[:, None], item[None, :])
    return _Batch(
        torch.from_numpy(names),
        torch.from_numpy(place[: len(item)]),
        torch.from_numpy(place[len(item) :].reshape(others.shape)),
        torch.from_numpy(kept),
        torch.from_numpy(taken),
    )

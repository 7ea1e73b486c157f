"""Training `multimodal_mlp`: sources, biases, batches and early stopping put together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from tastemaker.core import DataError, Run, spec_of
from tastemaker.core.fingerprints import of_json
from tastemaker.data import Dataset, FeatureSet
from tastemaker.data.fingerprint import fingerprint
from tastemaker.fusion import Fusion
from tastemaker.fusion.fitted import tensors
from tastemaker.models.mlp_bags import Bags, bags_of_data
from tastemaker.models.mlp_batches import Sampler
from tastemaker.models.mlp_biases import Biases, biases
from tastemaker.models.mlp_fitted import Fitted, frozen, make_net
from tastemaker.models.mlp_judging import figure
from tastemaker.models.mlp_net import Shape
from tastemaker.models.mlp_task import Sources, Task
from tastemaker.training import History, TrainSettings
from tastemaker.training.devices import device_of, limited, moved, seeded
from tastemaker.training.loop import train

STEPS = 20  # an epoch at least, until batches are as small as
SMALLEST = 64
BLOCK = 4096  # items whose vectors are made at a time


@dataclass(frozen=True)
class Plan:
    """How a network is made and trained.

    Attributes:
        fusion: What joins the item sources.
        settings: Of the loop.
        explicit: Whether ratings are predicted.
        hidden: Width of the projections.
        head: Width of the hidden layer.
        dropout: Chance that an id or a user source is hidden.
        item_ids: Whether items have vectors of their own.
        negatives: Items not taken a click.
        last: Entries of a history that are pooled.
    """

    fusion: Fusion
    settings: TrainSettings
    explicit: bool
    hidden: int
    head: int
    dropout: float
    item_ids: bool
    negatives: int
    last: int


@dataclass(frozen=True)
class Material:
    """What a network learns from."""

    data: Dataset
    features: FeatureSet
    users: FeatureSet
    validation: Dataset | None


def fit(plan: Plan, material: Material, run: Run) -> tuple[Fitted, History]:
    """Train one network."""
    known, bags = _known(plan, material.data)
    device = device_of(run)
    with seeded(run.seed, "mlp"):
        net = make_net(_shape(plan, material), plan.fusion).to(device)
    sources = _sources(plan, material, bags, known)
    sources = Sources(*moved((sources.items, sources.users, sources.said, sources.ids), device))
    task = Task(net, sources, known)
    batch = max(1, min(plan.settings.batch, max(SMALLEST, len(bags.row) // STEPS)))
    sampler = Sampler(bags, known, batch=batch, negatives=0 if plan.explicit else plan.negatives)
    if not len(sampler.used):
        raise DataError("There is nothing to learn from: no rating and no positive or negative event.")

    def snapshot() -> Fitted:
        return _fitted(task, material, bags, plan.last)

    history = train(
        net,
        lambda epoch: sampler.batches(run.seed, epoch),
        task.loss,
        settings=plan.settings,
        validate=figure(snapshot, material.data, material.validation, explicit=plan.explicit),
        run=run,
        key=_key(plan, material),
    )
    with limited(run.threads), torch.no_grad():
        found = snapshot()
    frozen(net)
    return replace(found, items=found.items.cpu().float().double()), history


def _known(plan: Plan, data: Dataset) -> tuple[Biases, Bags]:
    """Biases of the items and histories of the users, each pair once."""
    empty = biases(np.empty(0, np.int64), np.ones(0, np.float32), np.empty(0, np.int8), len(data.items), explicit=False)
    bags = bags_of_data(data, empty, plan.last)
    if plan.explicit and not len(bags.row):
        raise DataError("There is no rating to learn from.")
    known = biases(bags.item, bags.value, bags.sign, len(data.items), explicit=plan.explicit)
    return known, replace(bags, weight=known.surprise(bags.item, bags.value, bags.sign))


def _shape(plan: Plan, material: Material) -> Shape:
    return Shape(
        items={name: material.features[name].dim for name in sorted(material.features)},
        users={name: material.users[name].dim for name in sorted(material.users)},
        n_items=len(material.data.items) if plan.item_ids else 0,
        n_users=len(material.data.users),
        hidden=plan.hidden,
        head=plan.head,
        dropout=plan.dropout,
    )


def _sources(plan: Plan, material: Material, bags: Bags, known: Biases) -> Sources:
    items, users = _tensors(material.features), _tensors(material.users)
    n = len(material.data.items)
    trained = _trained(bags, n) & plan.item_ids
    ids = torch.from_numpy(np.where(trained, np.arange(n), -1))
    texts = [n for n, found in material.users.items() if found.source == "text" and n in material.features]
    said = {name: _said(bags, material.features[name].present, len(material.data.users)) for name in texts}
    return Sources(items, users, said, ids)


def _said(bags: Bags, present: NDArray[np.bool_], users: int) -> torch.Tensor:
    """How many liked items with a text each user has."""
    speaking = bags.liked * present[bags.item]
    return torch.from_numpy(np.bincount(bags.row, speaking, minlength=users).astype(np.float32))


def _tensors(features: FeatureSet) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    return tensors(features, {name: features[name].dim for name in sorted(features)}) if features else ({}, {})


def _trained(bags: Bags, items: int) -> NDArray[np.bool_]:
    return np.bincount(bags.item, minlength=items) > 0


def _fitted(task: Task, material: Material, bags: Bags, last: int) -> Fitted:
    """The network as it stands, with the vectors of all items; in evaluation mode."""
    was = task.net.training
    task.net.eval()
    vectors = _vectors(task)
    task.net.train(was)
    content = [mask.cpu().numpy() for mask in task.sources.items[1].values()]
    told = np.any([_trained(bags, len(vectors)), *content], axis=0)
    users = np.diff(bags.start) > 0
    blank = torch.zeros_like(vectors[:1]) if len(vectors) else torch.zeros(1, task.net.shape.hidden)
    return Fitted(task.net, task.biases, torch.cat([vectors, blank]), np.append(told, False), users, last)


def _vectors(task: Task) -> torch.Tensor:
    n, device = len(task.sources.ids), task.sources.ids.device
    parts = [torch.empty(0, task.net.shape.hidden, device=device)]
    for at in range(0, n, BLOCK):
        rows = torch.arange(at, min(at + BLOCK, n), device=device)
        parts.append(task.net.items(task.sources.ids[rows], *task.sources.some_items(rows)).float())
    return torch.cat(parts)


def _key(plan: Plan, material: Material) -> str:
    """A text that changes with the settings and with everything that is learned from."""
    said = {name: str(value) for name, value in asdict(plan).items() if name not in {"fusion", "settings"}}
    stop = material.validation and fingerprint(material.validation)
    users = fingerprint(material.data, material.users)
    return of_json([said, spec_of(plan.fusion), fingerprint(material.data, material.features), users, stop])

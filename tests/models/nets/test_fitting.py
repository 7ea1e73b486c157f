from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from made import dataset
from tastemaker.core import Run
from tastemaker.data.held_out import hold_out
from tastemaker.data.join import join
from tastemaker.models.base import Given
from tastemaker.models.nets.fitting import fit
from tastemaker.training import TrainSettings

SETTINGS = TrainSettings(epochs=6, patience=2, rate=0.05)


@dataclass
class Counts:
    """Learns one score an item."""

    data: object

    def __post_init__(self):
        self.module = nn.Embedding(15, 1)

    def batches(self, epoch):
        return [torch.from_numpy(self.data.interactions.item.astype(np.int64))]

    def loss(self, items):
        return nn.functional.cross_entropy(self.module.weight.T.expand(len(items), -1), items)

    def scorer(self):
        return lambda asked: np.tile(self.module.weight.detach().numpy().T, (len(asked), 1))


def learned(data, given=None, run=None):
    return fit(lambda part, run: Counts(part), data, given or Given(), settings=SETTINGS, run=run or Run(device="cpu"))[
        0
    ]


def test_epochs_are_chosen_by_held_out_events_and_all_events_are_learned_from():
    data, said = dataset(), []
    task = learned(data, run=Run(device="cpu", say=said.append))
    assert task.data is data
    assert any(line.startswith("Learning anew from all events for") for line in said)
    assert not task.module.training


def test_given_validation_stops_and_is_not_learned_from():
    data = dataset()
    train, held = hold_out(data)
    task = learned(train, Given(validation=held))
    assert task.data is train
    assert len(join(train, held).interactions) == len(data.interactions)


def test_a_stopped_fit_goes_on_to_the_same_result(tmp_path):
    data = dataset()
    run = Run(device="cpu", checkpoints=tmp_path)
    whole = learned(data).module.weight
    learned(data, run=replace(run, seconds=0.0))  # ends after the first batch of each training
    assert torch.equal(learned(data, run=run).module.weight, whole)


def test_without_patience_nothing_is_held_out_and_all_epochs_are_trained():
    data, said = dataset(), []
    run = Run(device="cpu", say=said.append)
    task, best = fit(lambda part, run: Counts(part), data, Given(), settings=replace_patience(0), run=run)
    assert task.data is data
    assert best == SETTINGS.epochs
    assert len(said) == SETTINGS.epochs


def replace_patience(patience):
    return TrainSettings(epochs=SETTINGS.epochs, patience=patience, rate=SETTINGS.rate)

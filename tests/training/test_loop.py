"""The loop: early stopping, checkpoints, budgets and refusals."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tastemaker.core import BadSetting, Run, TastemakerError, generator
from tastemaker.training import TrainSettings
from tastemaker.training.checkpoints import Checkpoint
from tastemaker.training.devices import device_of, limited, moved, seeded
from tastemaker.training.loop import train
from tastemaker.training.losses import click_loss, sampled_softmax, squared_error

CPU = Run(device="cpu")
WEIGHTS = np.array([1.0, -2.0, 0.5], np.float32)


class Net(nn.Module):
    """A linear map with dropout, which needs random numbers in training."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return nn.functional.dropout(x, 0.2, self.training) @ self.weight


def batches(epoch):
    draw = generator(0, f"test {epoch}")
    for _ in range(4):
        x = draw.normal(size=(16, 3)).astype(np.float32)
        yield torch.from_numpy(x), torch.from_numpy(x @ WEIGHTS)


def fit(run=CPU, validate=True, at_epoch=None, key="", **settings):
    net = Net()
    seen = []

    def figure():
        seen.append(len(seen))
        if at_epoch:
            at_epoch(len(seen))
        return -float((net.weight - torch.from_numpy(WEIGHTS)).square().sum())

    history = train(
        net,
        batches,
        lambda batch: squared_error(net(batch[0]), batch[1]),
        settings=TrainSettings(**{"rate": 0.05, "epochs": 6, **settings}),
        validate=figure if validate else None,
        run=run,
        key=key,
    )
    return net.weight.detach().numpy().copy(), history


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_it_learns(optimizer):
    rate = {"adam": 0.05, "sgd": 0.005}[optimizer]  # momentum makes sgd's steps ten times as long
    weight, history = fit(optimizer=optimizer, rate=rate, epochs=100, validate=False)
    np.testing.assert_allclose(weight, 0.8 * WEIGHTS, atol=0.15)  # dropout 0.2 shrinks by that much
    assert history.losses[-1] < history.losses[0] / 2


def test_each_epoch_says_its_loss():
    said = []
    fit(replace(CPU, say=said.append), epochs=2)
    assert [line.split(",")[0] for line in said] == ["Epoch [1/2]", "Epoch [2/2]"]
    assert all("Loss: " in line for line in said)


def test_without_validation_the_last_weights_stay():
    _, history = fit(validate=False, epochs=3)
    assert (history.best_epoch, history.stopped, history.scores) == (3, "epochs", ())


def test_the_best_weights_come_back_and_patience_ends_it():
    net, figures, kept = Net(), iter([1.0, 3.0, 2.0, 2.5, 9.0]), {}

    def figure():
        value = next(figures)
        kept[value] = net.weight.detach().clone()
        return value

    history = train(
        net,
        batches,
        lambda b: squared_error(net(b[0]), b[1]),
        settings=TrainSettings(epochs=5, patience=2),
        validate=figure,
        run=CPU,
    )
    assert (history.best_epoch, history.stopped) == (2, "patience")
    assert history.scores == (1.0, 3.0, 2.0, 2.5)
    assert torch.equal(net.weight, kept[3.0])
    assert not net.training


def test_untrained_weights_may_win():
    net = Net()
    figures = iter([5.0, 1.0, 1.0, 1.0])
    history = train(
        net,
        batches,
        lambda b: squared_error(net(b[0]), b[1]),
        settings=TrainSettings(patience=3, keep_start=True),
        validate=lambda: next(figures),
        run=CPU,
    )
    assert history.best_epoch == 0
    assert not net.weight.any()


def test_equal_seeds_give_equal_weights_and_the_global_state_stays():
    state = torch.get_rng_state()
    one, other, different = fit()[0], fit()[0], fit(replace(CPU, seed=1))[0]
    np.testing.assert_array_equal(one, other)
    assert (one != different).any()
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_stopped_training_goes_on_to_the_same_result(tmp_path, optimizer):
    whole, history = fit(optimizer=optimizer)

    def stop(epoch):
        if epoch == 3:
            raise KeyboardInterrupt

    run = replace(CPU, checkpoints=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(run, at_epoch=stop, optimizer=optimizer)
    said = []
    weight, again = fit(replace(run, say=said.append), optimizer=optimizer)
    np.testing.assert_array_equal(weight, whole)
    assert again == history
    assert said[0].startswith("Going on after epoch 2")


def _killed(folder):
    def kill(epoch):
        if epoch == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    fit(Run(device="cpu", threads=1, checkpoints=folder), at_epoch=kill)


def test_a_killed_training_goes_on_to_the_same_result(tmp_path):
    whole, history = fit()
    process = subprocess.run([sys.executable, __file__, tmp_path], check=False)
    assert process.returncode == -signal.SIGKILL
    said = []
    weight, again = fit(replace(CPU, checkpoints=tmp_path, say=said.append))
    assert said[0].startswith("Going on after epoch 3")
    np.testing.assert_array_equal(weight, whole)
    assert again == history


def test_a_finished_training_is_not_done_again(tmp_path):
    run = replace(CPU, checkpoints=tmp_path)
    whole, history = fit(run)
    said = []
    weight, again = fit(replace(run, say=said.append))
    np.testing.assert_array_equal(weight, whole)
    assert again == history
    assert not any("Epoch [" in line for line in said)


@pytest.mark.parametrize("change", [{"rate": 0.01}, {"key": "other data"}, {"run": Run(seed=3, device="cpu")}])
def test_another_training_does_not_use_the_checkpoint(tmp_path, change):
    run = change.pop("run", CPU)
    fit(replace(CPU, checkpoints=tmp_path))
    here, _ = fit(replace(run, checkpoints=tmp_path), **change)
    np.testing.assert_array_equal(here, fit(run, **change)[0])


def test_a_damaged_checkpoint_is_not_used(tmp_path):
    run = replace(CPU, checkpoints=tmp_path)
    whole, _ = fit(run)
    for path in tmp_path.glob("training-*.safetensors"):
        path.write_bytes(path.read_bytes()[:40])
    np.testing.assert_array_equal(fit(run)[0], whole)
    (tmp_path / "other").write_bytes(b"")
    assert Checkpoint(tmp_path / "other", "").read() is None


def test_a_budget_ends_it_and_more_time_goes_on(tmp_path):
    run = replace(CPU, checkpoints=tmp_path, seconds=0.0)
    assert fit(run)[1].stopped == "time"
    assert fit(replace(run, seconds=1e6))[1].stopped == "epochs"


def test_a_loss_that_is_no_number_is_refused():
    net = Net()
    with pytest.raises(TastemakerError, match=r"loss became nan in epoch 1. Lower the learning rate \(now 0.5\)"):
        train(net, batches, lambda b: net(b[0]).mean() * torch.nan, settings=TrainSettings(rate=0.5), run=CPU)


def test_a_figure_that_is_no_number_is_refused():
    net = Net()
    with pytest.raises(TastemakerError, match="figure is not a number"):
        train(
            net,
            batches,
            lambda b: net(b[0]).mean(),
            settings=TrainSettings(),
            validate=lambda: float("nan"),
            run=CPU,
        )


def test_no_batches_are_refused():
    net = Net()
    with pytest.raises(TastemakerError, match="nothing to learn from"):
        train(net, lambda epoch: [], lambda b: net(b).mean(), settings=TrainSettings(), run=CPU)


def test_unknown_devices_are_refused():
    assert device_of(Run()).type in {"cpu", "cuda"}
    for name in ("abacus", "cuda:99"):
        with pytest.raises(BadSetting, match=f"device '{name}' cannot be used"):
            device_of(Run(device=name))


def test_threads_are_put_back():
    before = torch.get_num_threads()
    with limited(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_draws_depend_on_seed_and_purpose():
    def draw(seed, purpose):
        with seeded(seed, purpose):
            return torch.rand(3)

    assert torch.equal(draw(1, "a"), draw(1, "a"))
    assert not torch.equal(draw(1, "a"), draw(1, "b"))
    assert not torch.equal(draw(1, "a"), draw(2, "a"))


def test_batches_of_any_shape_are_moved():
    batch = moved({"x": (torch.ones(2), "name")}, torch.device("cpu"))
    assert batch["x"][1] == "name"


def test_losses_by_hand():
    logits = torch.tensor([0.0, 2.0])
    assert click_loss(logits, torch.tensor([1.0, 0.0])).item() == pytest.approx((np.log(2) + np.log1p(np.exp(2))) / 2)
    scores = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    plain = sampled_softmax(scores, torch.zeros(2))
    assert plain.item() == pytest.approx(np.log(1 + np.exp(-1)))
    taken = torch.ones(2, 2, dtype=torch.bool)
    assert sampled_softmax(scores, torch.zeros(2), taken).item() == pytest.approx(0)
    rare = sampled_softmax(scores, torch.tensor([0.0, 3.0]))  # a candidate drawn often counts less
    assert rare.item() == pytest.approx((np.log(1 + np.exp(-4)) + np.log(1 + np.exp(2))) / 2)


if __name__ == "__main__":  # the process that is killed
    _killed(Path(sys.argv[1]))


def test_the_rate_falls_with_the_epochs_or_with_the_time_whichever_is_further():
    settings = TrainSettings(rate=1.0, epochs=4, schedule="cosine")
    assert settings.rate_at(1, 1) == 1
    assert settings.rate_at(3, 1) == pytest.approx(0.5)
    assert settings.rate_at(1, 1, 0.5) == pytest.approx(0.5)
    assert settings.rate_at(3, 1, 0.1) == pytest.approx(0.5)
    assert settings.rate_at(1, 1, 7.0) == pytest.approx(0.0)
    assert TrainSettings(rate=1.0).rate_at(1, 1, 0.5) == 1


def test_a_patience_of_0_trains_all_epochs():
    _, history = fit(epochs=5, patience=0, rate=1e-9)
    assert (len(history.losses), history.stopped) == (5, "epochs")

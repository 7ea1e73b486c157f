import numpy as np
import pytest
import torch

from tastemaker.training import TrainSettings
from tastemaker.training.losses import bpr, gbce, info_nce, shared_softmax

TRUE, OTHERS = torch.tensor([1.0, 0.0]), torch.tensor([[0.5, 2.0], [1.0, -1.0]])
NONE = torch.zeros(2, 2, dtype=torch.bool)


def test_shared_softmax_by_hand():
    rows = [np.log(np.exp([1, 0.5, 2]).sum()) - 1, np.log(np.exp([0, 1, -1]).sum())]
    assert float(shared_softmax(TRUE, OTHERS, NONE)) == pytest.approx(np.mean(rows))


def test_shared_softmax_leaves_true_negatives_out_and_corrects_for_drawing():
    hit = torch.tensor([[False, True], [False, False]])
    log_q = torch.tensor([0.3, -0.2])
    rows = [np.log(np.exp([1, 0.2]).sum()) - 1, np.log(np.exp([0, 0.7, -0.8]).sum())]
    assert float(shared_softmax(TRUE, OTHERS, hit, log_q)) == pytest.approx(np.mean(rows), rel=1e-6)


def test_gbce_is_bce_without_calibration_and_weighs_the_positive_with():
    plain = torch.nn.functional.binary_cross_entropy_with_logits
    logits = torch.cat([TRUE[:, None], OTHERS], dim=1)
    labels = torch.tensor([[1.0, 0, 0], [1.0, 0, 0]])
    assert float(gbce(TRUE, OTHERS, NONE, 101, 0.0)) == pytest.approx(float(plain(logits, labels)), rel=1e-6)
    alpha = 2 / 100  # beta at t = 1
    right = -alpha * torch.nn.functional.logsigmoid(TRUE)
    wrong = torch.nn.functional.softplus(OTHERS).sum(dim=1)
    assert float(gbce(TRUE, OTHERS, NONE, 101, 1.0)) == pytest.approx(float((right + wrong).mean() / 3), rel=1e-6)


def test_bpr_and_info_nce_by_hand():
    assert float(bpr(TRUE, OTHERS[:, 0])) == pytest.approx(np.mean([np.log1p(np.exp(-0.5)), np.log1p(np.exp(1.0))]))
    one = torch.eye(2)
    assert float(info_nce(one, one, 0.5)) == pytest.approx(np.log(1 + np.exp(-2)), rel=1e-6)


def test_rates_grow_at_first_and_fall_like_a_cosine():
    settings = TrainSettings(rate=1.0, epochs=4, schedule="cosine", warmup=10)
    assert [settings.rate_at(1, step) for step in (1, 5, 10, 20)] == [0.1, 0.5, 1.0, 1.0]
    assert settings.rate_at(3, 30) == pytest.approx(0.5)
    assert TrainSettings(rate=0.3).rate_at(9, 99) == 0.3

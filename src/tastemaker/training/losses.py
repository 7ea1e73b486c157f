"""Losses: means over a batch, on logits."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MASKED = -1e9


def squared_error(predicted: Tensor, actual: Tensor) -> Tensor:
    """Mean of ``(predicted - actual) ** 2``, both of shape (batch,)."""
    return F.mse_loss(predicted, actual)


def click_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean binary cross-entropy of logits against labels in {0, 1}, both of shape (batch,).

    On logits, not on probabilities: ``log(sigmoid(x))`` in one step neither overflows nor loses its gradient.
    """
    return F.binary_cross_entropy_with_logits(logits, labels)


def sampled_softmax(logits: Tensor, log_q: Tensor, taken: Tensor | None = None) -> Tensor:
    """Mean of ``-log softmax`` of the true candidate among those of the batch, corrected for their sampling.

    Args:
        logits: Shape (batch, batch); row n's true candidate is column n.
        log_q: Log of the chance that each candidate was drawn, shape (batch,); subtracted from the logits.
        taken: Candidates that are true for a row too, bool, shape (batch, batch); they are left out, the
            diagonal never.

    Source: Yi et al. 2019, Sampling-bias-corrected neural modeling, eq. 3.
    """
    corrected = logits - log_q
    if taken is not None:
        own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        corrected = corrected.masked_fill(taken & ~own, MASKED)
    return F.cross_entropy(corrected, torch.arange(len(logits), device=logits.device))


def shared_softmax(true: Tensor, others: Tensor, hit: Tensor, log_q: Tensor | float = 0.0) -> Tensor:
    """Mean of ``-log softmax`` of a true candidate against negatives that the whole batch shares.

    Args:
        true: Logits of the true candidates, shape (batch,).
        others: Logits of the shared negatives, shape (batch, k).
        hit: Negatives that are true for a row and so left out, bool, shape (batch, k).
        log_q: Log of the expected count of each negative among those drawn, shape (k,); subtracted from its
            logits. 0 for uniform negatives.

    Source: Bengio & Senecal 2008 (importance correction); Yi et al. 2019.
    """
    corrected = (others - log_q).masked_fill(hit, MASKED)
    return F.cross_entropy(torch.cat([true[:, None], corrected], dim=1), true.new_zeros(len(true), dtype=torch.long))


def gbce(true: Tensor, others: Tensor, hit: Tensor, items: int, calibration: float = 0.75) -> Tensor:
    """Generalised binary cross-entropy, which undoes the overconfidence that few negatives teach.

    ``-(log sigma(s+)^beta + sum_k log(1 - sigma(s_k))) / (k + 1)`` with ``alpha = k / (items - 1)`` and
    ``beta = alpha (t (1 - 1 / alpha) + 1 / alpha)``.

    Args:
        true: Logits of the true candidates, shape (batch,).
        others: Logits of the negatives, shape (batch, k).
        hit: Negatives that are true for a row, bool, shape (batch, k).
        items: Size of the catalogue.
        calibration: t in 0..1; 0 is plain binary cross-entropy.

    Source: Petrov & Macdonald 2023, gSASRec, eq. 10.
    """
    k = others.shape[1]
    alpha = min(1.0, k / max(1, items - 1))
    beta = alpha * (calibration * (1 - 1 / alpha) + 1 / alpha)
    wrong = F.softplus(others).masked_fill(hit, 0.0).sum(dim=1)
    return (wrong - beta * F.logsigmoid(true)).mean() / (k + 1)


def bpr(true: Tensor, other: Tensor) -> Tensor:
    """Mean of ``-log sigma(true - other)``, both of one shape. Source: Rendle et al. 2009."""
    return -F.logsigmoid(true - other).mean()


def info_nce(one: Tensor, other: Tensor, temperature: float = 0.2) -> Tensor:
    """Each row of `one` must find its row of `other` among all rows, by cosine; both (batch, dim).

    Source: van den Oord et al. 2018.
    """
    logits = F.normalize(one, dim=1) @ F.normalize(other, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))

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

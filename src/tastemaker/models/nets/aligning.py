"""Alignment: what is said of one item in two ways should find each other among the items of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tastemaker.training.losses import info_nce

MOST = 512  # items of a batch that are compared


class View(NamedTuple):
    """One way of saying what items are.

    Attributes:
        vectors: Shape (m, d).
        there: Items that it says something of, (m,) bool.
    """

    vectors: Tensor
    there: Tensor


def some(rows: Tensor) -> Tensor:
    """At most `MOST` of the rows, drawn by torch's generator."""
    return rows if len(rows) <= MOST else rows[torch.randperm(len(rows), device=rows.device)[:MOST]]


def disagreement(pairs: Sequence[tuple[View, View]]) -> Tensor:
    """Mean over pairs of views of ``(InfoNCE(a, b) + InfoNCE(b, a)) / 2`` over the items that both know.

    0 where no pair knows two items. Source: van den Oord et al. 2018; both ways as Radford et al. 2021 (CLIP).
    """
    losses = []
    for one, other in pairs:
        both = one.there & other.there
        if int(both.sum()) > 1:
            a, b = one.vectors[both], other.vectors[both]
            losses.append((info_nce(a, b) + info_nce(b, a)) / 2)
    return torch.stack(losses).mean() if losses else torch.zeros(())

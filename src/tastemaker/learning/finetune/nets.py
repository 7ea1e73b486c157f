"""Encoders that can learn: a side network on cached states, or a BERT whose last blocks or adapters are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tastemaker.core import BadSetting
from tastemaker.features import engine
from tastemaker.features.tuned import low_rank
from tastemaker.features.tuned.bert import OpenBert
from tastemaker.features.tuned.side import SideNet

ALPHA = 2.0  # strength of low-rank adapters, times their rank
BATCH = 32
BLOCK = 4096


class Side:
    """A side network on the states of all items.

    Args:
        states: (n_items, sum of `widths`), float16; zeros where there is no content.
        widths: Of the layers.
        inner: Width of the side network.
        rows: Items that are learned from.
    """

    def __init__(self, states: Tensor, widths: Sequence[int], inner: int, rows: NDArray[np.integer]) -> None:
        self._states = states
        self.shape = {"inner": inner}
        self.module = SideNet(widths, inner)
        self.module.settle(states[torch.from_numpy(rows)])
        self.dim = widths[-1]

    def vectors(self, rows: NDArray[np.integer]) -> Tensor:
        """Of items by row, (b, dim)."""
        out: Tensor = self.module(self._states[torch.from_numpy(rows)].to(self.module.centre.device))
        return out

    def everything(self) -> NDArray[np.float32]:
        """Of all items, the frozen vectors beside the learned ones, (n_items, 2 dim)."""
        device = self.module.centre.device
        parts = [self.module.beside(part.to(device)).cpu() for part in torch.split(self._states, BLOCK)]
        found: NDArray[np.float32] = torch.cat(parts).numpy()
        return found

    def learned(self) -> Mapping[str, Tensor]:
        """What is written: all of the side network."""
        return self.module.state_dict()


class Whole:
    """A BERT that is trained inside.

    Args:
        bert: The network.
        texts: Of all items; "" where there is none.
        module: The trained part.
        shape: Sizes that rebuild it.
    """

    def __init__(self, bert: OpenBert, texts: Sequence[str], module: nn.Module, shape: Mapping[str, Any]) -> None:
        self.bert, self.module, self.shape = bert, module, shape
        self.dim = bert.dim
        self.tokens = [row if text else [] for text, row in zip(texts, bert.tokens(texts), strict=True)]
        module.requires_grad_(True)

    def vectors(self, rows: NDArray[np.integer]) -> Tensor:
        """Of items by row, (b, dim); texts of like length go through together."""
        order = np.argsort([len(self.tokens[row]) for row in rows], kind="stable")
        halves = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        parts = [self.bert.vectors([self.tokens[rows[n]] for n in half]) for half in halves]
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def everything(self) -> NDArray[np.float32]:
        """Of all items, (n_items, dim); zeros without a text."""
        there = np.flatnonzero([len(row) > 0 for row in self.tokens])
        out = np.zeros((len(self.tokens), self.dim), np.float32)
        texts = [self.tokens[row] for row in there]
        if texts:
            out[there] = engine.in_batches(texts, BATCH, self._forward, [len(row) for row in texts])
        return out

    def learned(self) -> Mapping[str, Tensor]:
        """What is written: the trained weights by their names in the network, or the adapters."""
        if isinstance(self.module, nn.ParameterDict):
            return self.module.state_dict()
        trained = {id(parameter) for parameter in self.module.parameters()}
        return {name: p for name, p in self.bert.model.named_parameters() if id(p) in trained}

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.bert.vectors(tokens).cpu().numpy()
        return found


def lora(bert: OpenBert, texts: Sequence[str], rank: int) -> Whole:
    """Train low-rank adapters in all blocks."""
    adapters = low_rank.adapt(bert, rank, ALPHA * rank)
    return Whole(bert, texts, adapters, {"rank": rank, "alpha": ALPHA * rank})


def full(bert: OpenBert, texts: Sequence[str], layers: int) -> Whole:
    """Train the last `layers` blocks; raises `BadSetting` where there are fewer."""
    if layers > len(bert.blocks):
        raise BadSetting(f"The encoder has {len(bert.blocks)} blocks; layers = {layers} cannot be trained.")
    return Whole(bert, texts, nn.ModuleList(list(bert.blocks)[-layers:]), {})

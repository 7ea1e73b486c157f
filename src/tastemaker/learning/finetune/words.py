"""Continued pre-training on one's own texts: words are hidden, and the encoder says what they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import generator
from tastemaker.learning.finetune.nets import Whole
from tastemaker.learning.finetune.settings import FinetuneSettings

HIDDEN = 0.15  # share of the words
KEPT, REPLACED = 0.1, 0.1  # of the hidden ones: left as they are, or replaced by any word


class Words(NamedTuple):
    """Texts of one step.

    Attributes:
        ids: Token numbers, hidden ones replaced, (b, length).
        mask: Where there is a token, (b, length).
        truth: What was there, -100 where nothing was hidden, (b, length).
    """

    ids: Tensor
    mask: Tensor
    truth: Tensor


class Guessing:
    """The task: hidden words, told by a decoder that is the table of word vectors itself.

    Source: Devlin et al. 2019 (masked words); Press & Wolf 2017 (the tied decoder), as sentence encoders come without
    the head that they were pre-trained with.

    Args:
        net: The encoder.
        rows: Items whose texts are learned from.
        settings: Batch and steps.
        seed: Of the draws.
    """

    def __init__(self, net: Whole, rows: NDArray[np.integer], settings: FinetuneSettings, seed: int) -> None:
        self._net, self._rows, self._settings, self._seed = net, rows, settings, seed
        self._words: Tensor = net.bert.model.get_submodule("embeddings.word_embeddings").get_parameter("weight")
        self._mask = net.bert.number("[MASK]")
        self._marks = [net.bert.number(mark) for mark in ("[CLS]", "[SEP]")]
        self._head = nn.Sequential(nn.Linear(net.dim, net.dim), nn.GELU(), nn.LayerNorm(net.dim))
        self._bias = nn.Parameter(torch.zeros(len(self._words)))
        self.module = nn.ModuleDict({"net": net.module, "head": self._head})
        self.module.register_parameter("bias", self._bias)

    def batches(self, epoch: int) -> Iterator[Words]:
        """At most `steps` batches of texts of like length."""
        draw = generator(self._seed, f"words {epoch}")
        size, steps = self._settings.training.batch, self._settings.each
        chosen = draw.permutation(self._rows)[: size * steps]
        chosen = chosen[np.argsort([len(self._net.tokens[row]) for row in chosen], kind="stable")]
        starts = draw.permutation(np.arange(0, len(chosen), size))
        for at in starts:
            yield self._hide(chosen[at : at + size], draw)

    def loss(self, batch: Words) -> Tensor:
        """Mean cross-entropy of the hidden words."""
        hidden = self._net.bert.hidden(batch.ids, batch.mask)[batch.truth >= 0]
        logits = self._head(hidden) @ self._words.T + self._bias
        return F.cross_entropy(logits, batch.truth[batch.truth >= 0])

    def _hide(self, rows: NDArray[np.integer], draw: np.random.Generator) -> Words:
        ids, mask = self._net.bert.padded([self._net.tokens[row] for row in rows])
        place = torch.from_numpy(draw.random(ids.shape)).to(ids.device)
        free = (mask > 0) & ~torch.isin(ids, torch.tensor(self._marks, device=ids.device))
        hidden = free & (place < HIDDEN)
        if not hidden.any():
            hidden = free
        truth = torch.where(hidden, ids, -100)
        how = torch.from_numpy(draw.random(ids.shape)).to(ids.device)
        other = torch.from_numpy(draw.integers(len(self._words), size=ids.shape)).to(ids.device)
        shown = torch.where(how < KEPT, ids, torch.where(how < KEPT + REPLACED, other, self._mask))
        return Words(torch.where(hidden, shown, ids), mask, truth)

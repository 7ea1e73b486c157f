"""BERT opened up: the states of all its layers, its vectors with their gradient, its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tastemaker.core import WeightsError
from tastemaker.features import local
from tastemaker.features.text.bert_run import tokenizer
from tastemaker.features.text.chunks import padded
from tastemaker.features.text.pooled import pool

Tokens = list[list[int]]


class OpenBert:
    """A loaded BERT; all its weights frozen until somebody thaws them.

    Args:
        folder: Hugging Face folder with config.json, safetensors and tokenizer.json.
        max_length: Tokens read of a text.
        pooling: Mean over the tokens, or the first token.

    Raises:
        WeightsError: The folder holds no such model.
    """

    def __init__(self, folder: Path, max_length: int, pooling: Literal["mean", "cls"] = "mean") -> None:
        self.model: nn.Module = local.load(folder, "AutoModel").requires_grad_(False)
        self._tokenizer = tokenizer(folder, min(max_length, _positions(self.model)))
        self._pooling = pooling

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each layer's states, the embeddings first."""
        config: Any = self.model.config
        return (int(config.hidden_size),) * (int(config.num_hidden_layers) + 1)

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return self.widths[-1]

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer blocks, the last one last."""
        found: Any = self.model
        blocks: nn.ModuleList = found.encoder.layer
        return blocks

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Token numbers of each text, at most `max_length`, the two marks included."""
        return [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]

    def number(self, token: str) -> int:
        """The number of a special token such as ``[MASK]``; raises `WeightsError` where there is none."""
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise WeightsError(f"The tokenizer knows no {token}; choose a BERT-like model.")
        return int(found)

    def hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states (b, length, dim) of padded token numbers, both (b, length)."""
        out: Tensor = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return out

    def vectors(self, tokens: Tokens) -> Tensor:
        """Vectors of length 1, (b, dim)."""
        ids, mask = self.padded(tokens)
        return F.normalize(pool(self.hidden(ids, mask).float(), mask, self._pooling), dim=1)

    def states(self, tokens: Tokens) -> Tensor:
        """Pooled states of all layers side by side, (b, sum of `widths`)."""
        ids, mask = self.padded(tokens)
        layers = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return torch.cat([pool(layer.float(), mask, self._pooling) for layer in layers], dim=1)

    def padded(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Token numbers and mask as tensors (b, longest) on the model's device."""
        device = next(self.model.parameters()).device
        ids, mask = (torch.from_numpy(table).to(device) for table in padded(tokens))
        return ids, mask


def _positions(model: Any) -> int:
    return int(getattr(model.config, "max_position_embeddings", 512))

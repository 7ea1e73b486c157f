"""Run a transformers text encoder from a local folder: tokens, hidden states, one vector a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError
from tastemaker.features import engine, local
from tastemaker.features.text.chunks import Chunked, cut

Pooling = Literal["mean", "cls"]


class BertRunner:
    """A loaded encoder with its tokenizer.

    Args:
        folder: Hugging Face folder with config.json, model.safetensors and tokenizer.json.
        max_length: Tokens read of a chunk of a text.
        pooling: Mean over the tokens, or the first token.
        normalise: Scale vectors to length 1.
        chunks: Chunks read of a text.

    Raises:
        WeightsError: The folder holds no such model.
    """

    def __init__(self, folder: Path, max_length: int, pooling: Pooling, *, normalise: bool, chunks: int = 1) -> None:
        self._model = local.load(folder, "AutoModel")
        self._tokenizer = _tokenizer(folder, min(max_length, _positions(self._model)))
        self._pooling = pooling
        self._normalise = normalise
        self._chunks = chunks

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim)."""
        found = self._tokenizer.encode_batch(list(texts))
        chunked = Chunked([cut(encoded, self._chunks) for encoded in found])
        return chunked.mean(engine.in_batches(chunked.tokens, batch, self._forward, self.dim, chunked.sizes))

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        torch = engine.import_torch()
        lengths = torch.tensor([len(ids) for ids in tokens])
        width = int(lengths.max())
        ids = torch.tensor([row + [0] * (width - len(row)) for row in tokens])
        mask = (torch.arange(width)[None] < lengths[:, None]).long()
        hidden = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        vectors = hidden[:, 0] if self._pooling == "cls" else _mean(hidden, mask)
        if self._normalise:
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        result: NDArray[np.float32] = vectors.numpy()
        return result


def _mean(hidden: Any, mask: Any) -> Any:
    weight = mask[:, :, None].float()
    return (hidden * weight).sum(1) / weight.sum(1)


def _tokenizer(folder: Path, max_length: int) -> Any:
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise WeightsError(f"{folder} holds no tokenizer.json. Save the tokenizer there with save_pretrained.")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(max_length)
    tokenizer.no_padding()
    return tokenizer


def _positions(model: Any) -> int:
    return int(getattr(model.config, "max_position_embeddings", 512))

"""Texts for a model of transformers: tokens, and chunks of long texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError
from tastemaker.features import engine
from tastemaker.features.hf.model import How, Model
from tastemaker.features.text.chunks import Chunked, padded

ENDLESS = 1_000_000  # tokenizers that know no limit name a huge number
MARGIN = {"roberta", "xlm-roberta", "camembert", "mpnet"}  # the first positions are those of padding


class TextRunner:
    """A loaded text model, or the text half of a joint one.

    Args:
        folder: Where it lies.
        how: Settings.
        max_length: Tokens read of a chunk, at most what the model has positions for.
        chunks: Chunks of a long text whose vectors are averaged.
        prefix: Written before each text, such as E5's "query: ".
    """

    def __init__(self, folder: Path, how: How, max_length: int, chunks: int, prefix: str) -> None:
        self._model = Model(folder, how)
        self._tokenizer = _tokenizer(folder)
        self._length = min(max_length, _positions(self._model.config, self._tokenizer))
        self._chunks, self._prefix = chunks, prefix
        self._pad = self._tokenizer.pad_token_id or 0
        # SigLIP reads texts padded to their full length, and no mask: so it was trained
        self._full = self._length if self._model.config.model_type.startswith("siglip") else 0

    def encode(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim)."""
        chunked = Chunked([self._tokens(self._prefix + text) for text in texts])
        return chunked.mean(engine.in_batches(chunked.tokens, batch, self._forward, sizes=chunked.sizes))

    def _tokens(self, text: str) -> list[list[int]]:
        found = self._tokenizer(
            text, truncation=True, max_length=self._length, return_overflowing_tokens=self._chunks > 1
        )["input_ids"]
        parts = found if found and isinstance(found[0], list) else [found]
        return [part or [self._pad] for part in parts[: self._chunks]]

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        import torch

        ids, mask = (torch.from_numpy(table) for table in padded(tokens, self._full, self._pad))
        return self._model({"input_ids": ids} | ({} if self._full else {"attention_mask": mask}), mask.bool())


def _tokenizer(folder: Path) -> Any:
    transformers = engine.import_transformers()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # tokenizers raise errors of many kinds, plain ones among them
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise WeightsError(f"{folder} holds no tokenizer that transformers can read: {reason}") from error
    if not tokenizer.is_fast:
        raise WeightsError(f"{folder} holds no tokenizer.json. Save a fast tokenizer there with save_pretrained.")
    return tokenizer


def _positions(config: Any, tokenizer: Any) -> int:
    text = getattr(config, "text_config", config)
    most = int(getattr(text, "max_position_embeddings", 0) or ENDLESS)
    if text.model_type in MARGIN or text.model_type == "clap_text_model":
        most -= int(text.pad_token_id or 0) + 1
    said = int(min(tokenizer.model_max_length, ENDLESS))
    return min(most, said)

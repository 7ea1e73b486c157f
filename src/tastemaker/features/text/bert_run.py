"""Run a transformers text encoder from a local folder: tokens, hidden states, one vector a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError, fingerprints
from tastemaker.features import engine, local
from tastemaker.features.engines.network import Network, Runs
from tastemaker.features.text.chunks import Chunked, cut, padded


class BertRunner:
    """A network with its tokenizer.

    Args:
        folder: Hugging Face folder with config.json, model.safetensors and tokenizer.json.
        max_length: Tokens read of a chunk of a text.
        run: Gives vectors of token ids and mask, both (n, length), int64.
        chunks: Chunks read of a text.

    Raises:
        WeightsError: The folder holds no such model.
    """

    def __init__(self, folder: Path, max_length: int, run: Runs, chunks: int = 1) -> None:
        said = local.config(folder)
        self._tokenizer = tokenizer(folder, min(max_length, int(said.get("max_position_embeddings", 512))))
        self._run = run
        self._chunks = chunks

    def encode(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim)."""
        found = self._tokenizer.encode_batch(list(texts))
        chunked = Chunked([cut(encoded, self._chunks) for encoded in found])
        lanes = self._run.lanes
        return chunked.mean(engine.in_batches(chunked.tokens, batch, self._forward, chunked.sizes, lanes))

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        return self._run(*padded(tokens))


def network(name: str, folder: Path, pooling: str, *, normalise: bool) -> Network:
    """The folder's model with its pooling, for any engine; see `Pooled`."""

    def load() -> Any:
        model = local.load(folder, "AutoModel")
        from tastemaker.features.text.pooled import Pooled

        return Pooled(model, pooling, normalise=normalise).eval()

    def digest() -> str:
        return fingerprints.of_json([local.digest(folder), pooling, normalise])

    return Network(name, digest, load, _example, free=(1,))


def _example() -> dict[str, NDArray[np.int64]]:
    """Two texts, one of them shorter: without places that do not count, the tracer would leave the mask out."""
    ids = np.random.default_rng(0).integers(1, 100, (32, 128), dtype=np.int64)
    mask = np.ones_like(ids)
    mask[1::2, 40:] = 0
    return {"ids": ids, "mask": mask}


def tokenizer(folder: Path, max_length: int) -> Any:
    """The folder's tokenizer, without padding, cut at `max_length`; raises `WeightsError` where there is none."""
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise WeightsError(f"{folder} holds no tokenizer.json. Save the tokenizer there with save_pretrained.")
    made = Tokenizer.from_file(str(path))
    made.enable_truncation(max_length)
    made.no_padding()
    return made

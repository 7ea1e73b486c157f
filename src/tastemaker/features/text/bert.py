"""Text by any encoder in the layout of the Hugging Face hub; BERT-base unless another is given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Source
from tastemaker.features import engine, local, weights
from tastemaker.features.engines.network import InTorch
from tastemaker.features.text.bert_run import BertRunner, network

BASE = (
    "hub:google-bert/bert-base-uncased@86b5e0934494bd15c9632b12f734a8a67f723594"
    "#68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"
)


@component
class Bert:
    """Text by a transformer encoder from a folder or a pulled hub address; 768 numbers by BERT-base.

    Source: Devlin et al. 2019, arXiv 1810.04805; pooling: Reimers & Gurevych 2019, arXiv 1908.10084.

    Attributes:
        folder: Folder with config.json, safetensors and tokenizer.json, or ``hub:ORG/NAME@REVISION``.
        pooling: Mean over the tokens, or the vector of the first token.
        normalise: Scale vectors to length 1.
        max_length: Tokens read of a text's chunk, at most what the model has positions for.
        chunks: A longer text is read in up to so many chunks, whose vectors are averaged.
        batch: Texts a step.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[str] = "bert"
    source: ClassVar[Source] = "text"

    folder: str = BASE
    pooling: Literal["mean", "cls"] = "mean"
    normalise: bool = True
    max_length: Annotated[int, Ge(8), Le(8192)] = 256
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    batch: Annotated[int, Ge(1)] = 16
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, as the model's configuration says."""
        return int(local.config(self._place)["hidden_size"])

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        return self._runner.encode(content, self.batch)

    def fingerprint(self) -> str:
        """Version, settings and hash of configuration, model and tokenizer."""
        return engine.fingerprint(self, 1, local.digest(self._place))

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _runner(self) -> BertRunner:
        run = InTorch(network(self.name, self._place, self.pooling, normalise=self.normalise), self.threads)
        return BertRunner(self._place, self.max_length, run, self.chunks)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

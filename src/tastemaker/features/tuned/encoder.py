"""The encoders that come out of `tastemaker finetune`: a frozen base and what was learned on top."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import SavedError, WeightsError, component
from tastemaker.data import Source
from tastemaker.features import engine
from tastemaker.features.tuned import saved

if TYPE_CHECKING:
    from tastemaker.features.tuned.run import TunedRun


@component
class Tuned:
    """Text by an encoder that was adapted to one's own data (`tastemaker finetune`).

    Attributes:
        folder: What `finetune` wrote: component.json and weights.safetensors.
        batch: Texts a step.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[str] = "tuned"
    source: ClassVar[Source] = "text"

    folder: str = ""
    batch: Annotated[int, Ge(1)] = 32
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, that of the base."""
        return self._run.dim

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim), rows of length 1."""
        with engine.inference(self.threads):
            return self._run.encode(content, self.batch)

    def fingerprint(self) -> str:
        """Hash of the base and of what was learned."""
        return _fingerprint(self, self.folder)

    @cached_property
    def _run(self) -> TunedRun:
        return _run(self, self.folder)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)


@component
class TunedImage:
    """Pictures by an encoder that was adapted to one's own data (`tastemaker finetune`).

    Attributes:
        folder: What `finetune` wrote: component.json and weights.safetensors.
        batch: Pictures a step.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[str] = "tuned_image"
    source: ClassVar[Source] = "image"
    side: ClassVar[int] = 256  # decoding may shrink pictures until the short side has so many pixels

    folder: str = ""
    batch: Annotated[int, Ge(1)] = 4
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors, that of the base."""
        return self._run.dim

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB, (height, width, 3)) as float32 of shape (n, dim), rows of length 1."""
        with engine.inference(self.threads):
            return self._run.encode(content, self.batch)

    def fingerprint(self) -> str:
        """Hash of the base and of what was learned."""
        return _fingerprint(self, self.folder)

    @cached_property
    def _run(self) -> TunedRun:
        return _run(self, self.folder)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)


def manifest_of(encoder: Tuned | TunedImage, folder: str) -> saved.Manifest:
    """What the folder holds; raises `WeightsError` or `SavedError` where that is not for this encoder."""
    if not folder:
        raise WeightsError(
            f"The encoder {encoder.name!r} needs the folder that `tastemaker finetune` wrote: "
            f'{{name = "{encoder.name}", folder = "DIR"}}.'
        )
    found = saved.read(Path(folder).expanduser())
    if found.source != encoder.source:
        other = "tuned_image" if found.source == "image" else "tuned"
        raise SavedError(f"{folder} encodes {found.source}; name the encoder {other!r}.")
    return found


def _fingerprint(encoder: Tuned | TunedImage, folder: str) -> str:
    found = manifest_of(encoder, folder)
    return engine.fingerprint(encoder, 1, f"{found.fingerprint} {saved.digest(Path(folder).expanduser())}")


def _run(encoder: Tuned | TunedImage, folder: str) -> TunedRun:
    from tastemaker.features.tuned.run import TunedRun

    return TunedRun(Path(folder).expanduser(), manifest_of(encoder, folder))

"""What comes out of `tastemaker finetune`: a frozen base and what was learned on top."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from tastemaker.core import SavedError, WeightsError, component
from tastemaker.features import engine
from tastemaker.features.label import Label, Own
from tastemaker.features.tuned import saved

if TYPE_CHECKING:
    from tastemaker.features.tuned.run import TunedRun

BATCH = {"text": 32, "image": 4}


@component
class Tuned:
    """Text or pictures by an encoder that was adapted to one's own data (`tastemaker finetune`).

    Attributes:
        folder: What `finetune` wrote: component.json and weights.safetensors.
        source: What it reads, as that says.
        label: Its name where a pipeline has several.
        batch: Entries a step; 0 takes 32 texts, or 4 pictures.
        threads: Threads of torch; 0 leaves them as they are.
    """

    name: ClassVar[Label] = Label("tuned")
    side: ClassVar[int] = 256  # decoding may shrink pictures until the short side has so many pixels
    long: ClassVar[int] = 1  # and keep of the long side as many

    folder: str = ""
    source: Literal["text", "image"] = "text"
    label: Own = ""
    batch: Annotated[int, Ge(0)] = 0
    threads: Annotated[int, Ge(0)] = 0

    @property
    def dim(self) -> int:
        """Width of the vectors: that of the base, twice that with a side network."""
        return self._run.dim

    def encode(self, content: Sequence[Any]) -> NDArray[np.float32]:
        """Encode n entries as float32 of shape (n, dim), rows of length 1."""
        with engine.inference(self.threads):
            return self._run.encode(content, self.batch or BATCH[self.source])

    def fingerprint(self) -> str:
        """Hash of the base and of what was learned."""
        return engine.fingerprint(self, 2, f"{self._manifest.fingerprint} {saved.digest(self._place)}")

    @property
    def _place(self) -> Path:
        if not self.folder:
            raise WeightsError(
                "The encoder 'tuned' needs the folder that `tastemaker finetune` wrote: "
                '{name = "tuned", folder = "DIR"}.'
            )
        return Path(self.folder).expanduser()

    @property
    def _manifest(self) -> saved.Manifest:
        found = saved.read(self._place)
        if found.source != self.source:
            raise SavedError(f"{self.folder} encodes {found.source}; set source = {found.source!r}.")
        return found

    @cached_property
    def _run(self) -> TunedRun:
        from tastemaker.features.tuned.run import TunedRun

        return TunedRun(self._place, self._manifest)

    def __getstate__(self) -> dict[str, Any]:
        """Settings only: a copy in another process loads the weights itself."""
        return engine.settings_only(self)

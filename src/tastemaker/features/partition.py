"""One encoder's contents cut into parts that any machine can encode: fixed by the contents, not by the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.features.base import Encoder
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.files import NO_NUMBERS, job_of
from tastemaker.features.filling import BATCH, space
from tastemaker.features.media import Decoder

BATCHES = 4  # of an encoder, in a part
HEAVY = 64 << 20  # bytes of files in a part, unless one alone has more
CHANGED = "it has changed since it was hashed"

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Contents that are encoded together.

    Attributes:
        keys: Their hashes.
        content: The texts, or the bytes of the files; "" for a file that has gone or changed since.
    """

    keys: Keys
    content: tuple[str | bytes, ...]


@dataclass(frozen=True)
class Made:
    """What became of a part: a vector or a reason by content hash."""

    vectors: Mapping[str, NDArray[np.float32]]
    broken: Mapping[str, str]


@dataclass
class Encode:
    """The work on a part; a worker that holds it loads the encoder once.

    Attributes:
        spec: Name and settings of the encoder.
        space: Key of the cache where the work was given out.
    """

    spec: Mapping[str, Any]
    space: str

    def __call__(self, part: Part) -> Made:
        """Encode a part, in the batches that it would have anywhere."""
        source = str(self._encoder.source)
        if source == "text":
            pairs = sorted(zip(part.keys, part.content, strict=True), key=lambda pair: (len(pair[1]), pair[0]))
            return self._encoded(pairs, {})
        broken = {key: CHANGED for key, content in zip(part.keys, part.content, strict=True) if not content}
        with TemporaryDirectory(prefix="tastemaker-") as folder:
            pairs = []
            for key, found in self._opened(part, Path(folder)):
                if isinstance(found, str):
                    broken[key] = found
                else:
                    pairs.append((key, found))
            return self._encoded(pairs, broken)

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = ENCODERS.build(dict(self.spec))
        if (mine := space(encoder)) != self.space:
            raise DataError(
                f"The encoder {encoder.name!r} is another one on this node ({mine}, not {self.space}). "
                "Install the same version of tastemaker and the same weights on all nodes."
            )
        return encoder

    def _opened(self, part: Part, folder: Path) -> Iterator[tuple[str, Any]]:
        """Decoded files, or why they cannot be taken, by content hash."""
        there = {key: content for key, content in zip(part.keys, part.content, strict=True) if content}
        for key, content in there.items():
            assert isinstance(content, bytes)
            (folder / key).write_bytes(content)
        with Decoder(workers=1) as decoder:
            jobs = (job_of(self._encoder, folder / key, folder) for key in there)
            yield from zip(there, decoder.decode(jobs), strict=True)

    def _encoded(self, pairs: list[tuple[str, Any]], broken: dict[str, str]) -> Made:
        vectors: dict[str, NDArray[np.float32]] = {}
        size = BATCH[str(self._encoder.source)]
        for start in range(0, len(pairs), size):
            batch = pairs[start : start + size]
            rows = np.asarray(self._encoder.encode([entry for _, entry in batch]), np.float32)
            vectors |= {key: row for (key, _), row in zip(batch, rows, strict=True)}
        useless = [key for key, row in vectors.items() if not np.isfinite(row).all()]
        return Made({k: v for k, v in vectors.items() if k not in useless}, broken | dict.fromkeys(useless, NO_NUMBERS))


def cut(keys: Mapping[str, int], source: str) -> list[Keys]:
    """The content hashes in parts, in their order.

    Args:
        keys: Content hashes and the bytes that each has to send.
        source: Of the encoder; decides how many make a part.
    """
    parts: list[Keys] = []
    open_: list[str] = []
    weight = 0
    for key in sorted(keys):
        if open_ and (len(open_) == BATCHES * BATCH[source] or weight + keys[key] > HEAVY):
            parts.append(tuple(open_))
            open_, weight = [], 0
        open_.append(key)
        weight += keys[key]
    return [*parts, tuple(open_)] if open_ else parts

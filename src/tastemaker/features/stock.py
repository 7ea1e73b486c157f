"""What the items hold for one encoder: hashes, sizes and contents, of texts and of files alike."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tastemaker.core import fingerprints
from tastemaker.data import Dataset
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.files import Broken, Files
from tastemaker.features.media import require
from tastemaker.features.media_file import Refused, open_media
from tastemaker.features.texts import item_texts


class Stock(Protocol):
    """Contents of all items for one encoder."""

    @property
    def keys(self) -> Sequence[tuple[str, ...]]:
        """For each item the hashes of its contents."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes to send by content hash."""
        ...

    @property
    def broken(self) -> Sequence[Broken]:
        """What could not be taken, so far."""
        ...

    def load(self, key: str) -> str | bytes:
        """A content; empty where it is no longer there."""
        ...

    def fail(self, key: str, reason: str) -> None:
        """Report a content as broken."""
        ...


class Texts:
    """One text an item.

    Attributes:
        entries: Texts by content hash.
    """

    def __init__(self, data: Dataset) -> None:
        texts = item_texts(data)
        self.keys = [(fingerprints.of_bytes(text.encode()),) if text else () for text in texts]
        self.broken: list[Broken] = []
        self._ids = data.items.ids
        self.entries = {mine[0]: text for mine, text in zip(self.keys, texts, strict=True) if mine}
        self.sizes = {key: len(text) for key, text in self.entries.items()}

    def load(self, key: str) -> str:
        """The text."""
        return self.entries[key]

    def fail(self, key: str, reason: str) -> None:
        """Report the text of each item that has it."""
        shown = self.entries[key][:60]
        self.broken += [
            Broken(self._ids[row], shown, "text", reason) for row, mine in enumerate(self.keys) if key in mine
        ]


class Media:
    """The files of one modality."""

    def __init__(self, data: Dataset, encoder: Encoder, cache: FeatureCache) -> None:
        require(str(encoder.source))
        self._files = Files(data, encoder, cache, verify=False)
        self._paths = self._files.paths()
        self._root = data.root
        self.keys = self._files.keys
        self.sizes = {key: _size(path) for key, path in self._paths.items()}

    @property
    def broken(self) -> Sequence[Broken]:
        """What could not be taken, so far."""
        return self._files.broken

    def load(self, key: str) -> bytes:
        """The bytes of the file; none where it has gone or changed, so that no vector stands for other content."""
        try:
            with open_media(self._paths[key], self._root) as file:
                content = file.read()
        except (Refused, OSError):
            return b""
        return content if hashlib.sha256(content).hexdigest() == key else b""

    def fail(self, key: str, reason: str) -> None:
        """Report the file for each item that names it."""
        self._files.fail(key, reason)


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0

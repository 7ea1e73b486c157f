"""Texts as numbers."""

from __future__ import annotations

import numpy as np

from tastemaker.rules.cells import Codes
from tastemaker.rules.series import Series


class Words:
    """Texts and their codes; grows only, so a code means the same text for ever. One writer, many readers."""

    def __init__(self) -> None:
        self.list: list[str] = []
        self._codes: dict[str, int] = {}
        self._lower: list[int] = []
        self._lowered = Series(np.int32, -1)

    def code(self, word: str) -> int:
        """Its code; a new one where it is new, and for its lower case too."""
        known = self._codes.get(word)
        if known is not None:
            return known
        code = len(self.list)
        self.list.append(word)
        self._lower.append(code)
        self._codes[word] = code
        if word.lower() != word:
            self._lower[code] = self.code(word.lower())
        return code

    def find(self, word: str, size: int) -> int | None:
        """Its code where that is below `size`."""
        code = self._codes.get(word)
        return None if code is None or code >= size else code

    def lowered(self) -> Codes:
        """Code of each text's lower case, shape (len(list),)."""
        new = self._lower[len(self._lowered) :]
        self._lowered.append(np.array(new, np.int32))
        lowered: Codes = self._lowered.view(len(self.list))
        return lowered

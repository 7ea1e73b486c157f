"""Functions that expressions may call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from tastemaker.rules.cells import Cells, Codes, Mask, of_mask
from tastemaker.rules.nodes import Column, Constant, Node, User, texts
from tastemaker.rules.scene import Scene


@final
@dataclass(frozen=True)
class Has(Node):
    """``has(name)``: whether there is any value."""

    def __post_init__(self) -> None:
        if not isinstance(self.parts[0], Column | User):
            raise self.place.error("has() takes the name of an attribute, such as has(price).")

    def cells(self, scene: Scene) -> Cells:
        """True or false."""
        part = self.parts[0]
        if isinstance(part, User):
            return of_mask(np.asarray(scene.user.get(part.name) is not None))
        return of_mask(part.cells(scene).there())


@final
@dataclass(frozen=True)
class Lower(Node):
    """``lower(text)``: in lower case."""

    def cells(self, scene: Scene) -> Cells:
        """A text."""
        return Cells(texts=scene.lower(texts(self.parts[0], scene)))


@final
@dataclass(frozen=True)
class Contains(Node):
    """``contains(text, part)``: whether the part stands in the text, letter by letter."""

    def __post_init__(self) -> None:
        part = self.parts[1]
        inner = part.parts[0] if isinstance(part, Lower) else part
        if not isinstance(inner, Constant | User):
            raise self.place.error("The second argument of contains() is a text or an attribute of the user.")

    def cells(self, scene: Scene) -> Cells:
        """True or false; false where one is missing."""
        code = texts(self.parts[1], scene)
        if code < 0:
            return of_mask(np.array(False))
        text, needle = self.parts[0], scene.words(code.reshape(1))[0]
        if not text.pure:
            return of_mask(_contains(texts(text, scene), needle, scene))
        key = f"contains({text.place.part}, {needle!r})"  # the rule that says the same without the user
        return of_mask(scene.view.kept.get(key, lambda: _contains(texts(text, scene), needle, scene)))


def _contains(where: Codes, needle: str, scene: Scene) -> Mask:
    table = np.zeros(scene.texts + 1, np.bool_)
    table[where] = True
    table[-1] = False  # what is missing
    asked = np.flatnonzero(table).astype(np.int32)
    table[asked] = [needle in word for word in scene.words(asked)]
    return np.array(np.broadcast_to(table[where], scene.view.size))


FUNCTIONS: dict[str, tuple[type[Has] | type[Lower] | type[Contains], int]] = {
    "contains": (Contains, 2),
    "has": (Has, 1),
    "lower": (Lower, 1),
}

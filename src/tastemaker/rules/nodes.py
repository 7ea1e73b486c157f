"""The parts of an expression, each of which can be evaluated over all rows at once."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, ClassVar, final

import numpy as np

from tastemaker.core.errors import hint
from tastemaker.rules.cells import Cells, Codes, Mask, Numbers, of_mask
from tastemaker.rules.compare import EQUAL, ORDER, equality, membership, order
from tastemaker.rules.scene import Place, Scene, nothing
from tastemaker.storage.base import Attribute

DAY = 86_400.0  # seconds
TIMES = ("now", "age_days")
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True)
class Node(ABC):
    """A part of an expression.

    Attributes:
        place: Where it stands.
        parts: What it is made of.
    """

    asks: ClassVar[bool] = False  # for the user or the time
    place: Place
    parts: tuple[Node, ...] = ()

    @abstractmethod
    def cells(self, scene: Scene) -> Cells:
        """Its value in every row."""

    @cached_property
    def pure(self) -> bool:
        """Whether neither the user nor the time is asked for, so that it depends on the columns alone."""
        return not self.asks and all(part.pure for part in self.parts)


def truth(node: Node, scene: Scene) -> Mask:
    """Where `node` is true, shape (n,); missing is not true. What is pure is remembered."""

    def make() -> Mask:
        truths = node.cells(scene).truths
        if truths is None:
            raise node.place.error(f"{_kinds(node, scene)}, but something true or false is expected; compare it.")
        return np.array(np.broadcast_to(truths == 1, scene.view.size))

    return scene.view.kept.get(node.place.part, make) if node.pure else make()


def numbers(node: Node, scene: Scene) -> Numbers:
    """The numbers of `node`, shape (n,) or (); what is not finite is missing, nan."""
    found = node.cells(scene).numbers
    if found is None:
        raise node.place.error(f"{_kinds(node, scene)}, but a number is expected.")
    return np.where(np.isfinite(found), found, np.nan)


def texts(node: Node, scene: Scene) -> Codes:
    """The texts of `node`, shape (n,) or ()."""
    found = node.cells(scene).texts
    if found is None:
        raise node.place.error(f"{_kinds(node, scene)}, but a text is expected.")
    return found


def _kinds(node: Node, scene: Scene) -> str:
    return f"This is {' or '.join(node.cells(scene).kinds())}"


@final
@dataclass(frozen=True)
class Constant(Node):
    """A number, a text, a truth, or a list of them."""

    value: Any = None

    def cells(self, scene: Scene) -> Cells:
        """The same in all rows."""
        return scene.constant(self.value)


@final
@dataclass(frozen=True)
class Column(Node):
    """An attribute of the items."""

    name: str = ""

    def cells(self, scene: Scene) -> Cells:
        """The column; raises `BadSetting` where no item has such an attribute."""
        known = scene.view.cells
        if self.name not in known:
            names = [*known, *TIMES]
            raise self.place.error(
                f"No item has {self.name!r}.{hint(self.name, names)} Known: {', '.join(sorted(names))}."
            )
        return known[self.name]


@final
@dataclass(frozen=True)
class Time(Node):
    """``now`` in seconds since 1970, or ``age_days`` since an item was created."""

    asks: ClassVar[bool] = True
    name: str = ""

    def cells(self, scene: Scene) -> Cells:
        """A number."""
        if self.name == "now":
            return Cells(numbers=np.array(scene.now))
        created = numbers(Column(self.place, name="created"), scene)
        return Cells(numbers=(scene.now - created) / DAY)


@final
@dataclass(frozen=True)
class User(Node):
    """An attribute of the user who asks; missing where he has none."""

    asks: ClassVar[bool] = True
    name: str = ""

    def cells(self, scene: Scene) -> Cells:
        """The same in all rows; of other kinds it is missing, whatever it is compared with."""
        value: Attribute | None = scene.user.get(self.name)
        if value is None:
            return nothing()
        own, none = scene.constant(value), nothing()
        pairs = {name: getattr(own, name) for name in ("numbers", "texts", "truths", "options")}
        return Cells(**{name: getattr(none, name) if cell is None else cell for name, cell in pairs.items()})


@final
@dataclass(frozen=True)
class Not(Node):
    """Where the part is not true; so true where it compares with something missing."""

    def cells(self, scene: Scene) -> Cells:
        """True or false."""
        return of_mask(~truth(self.parts[0], scene))


@final
@dataclass(frozen=True)
class Both(Node):
    """``and`` or ``or``."""

    sign: str = "and"

    def cells(self, scene: Scene) -> Cells:
        """True or false."""
        join = np.logical_and if self.sign == "and" else np.logical_or
        return of_mask(reduce(join, (truth(part, scene) for part in self.parts)))


@final
@dataclass(frozen=True)
class Comparison(Node):
    """``a < b <= c``: each part with the next."""

    signs: tuple[str, ...] = ()

    def cells(self, scene: Scene) -> Cells:
        """True or false."""
        values = [part.cells(scene) for part in self.parts]
        found = [self._one(n, values[n], values[n + 1]) for n in range(len(self.signs))]
        return of_mask(reduce(np.logical_and, found))

    def _one(self, n: int, left: Cells, right: Cells) -> Mask:
        sign = self.signs[n]
        if sign in EQUAL:
            mask = equality(sign, left, right)
        elif sign in ORDER:
            mask = order(sign, left, right)
        else:
            mask = membership(sign == "in", left, right)
        if mask is None:
            sides = (
                f"{part.place.part!r} is {' or '.join(side.kinds())}" for part, side in self._sides(n, left, right)
            )
            raise self.place.error(f"{sign!r} cannot compare: {' and '.join(sides)}.")
        return mask

    def _sides(self, n: int, left: Cells, right: Cells) -> list[tuple[Node, Cells]]:
        return [(self.parts[n], left), (self.parts[n + 1], right)]


@final
@dataclass(frozen=True)
class Arithmetic(Node):
    """``a + b`` and the like; missing where one is missing, or the result is not finite."""

    sign: str = "+"

    def cells(self, scene: Scene) -> Cells:
        """A number."""
        left, right = (numbers(part, scene) for part in self.parts)
        with np.errstate(all="ignore"):
            found = np.asarray(ARITHMETIC[self.sign](left, right))
        return Cells(numbers=np.where(np.isfinite(found), found, np.nan))


@final
@dataclass(frozen=True)
class Choice(Node):
    """``a if b else c``."""

    def cells(self, scene: Scene) -> Cells:
        """Of the kinds that both have."""
        then, test, other = self.parts
        mask, one, two = truth(test, scene), then.cells(scene), other.cells(scene)
        pairs = {name: (getattr(one, name), getattr(two, name)) for name in ("numbers", "texts", "truths")}
        both = {k: np.where(mask, a, b) for k, (a, b) in pairs.items() if a is not None and b is not None}
        if not both:
            raise self.place.error("Both results must be of one kind: numbers, texts, or true and false.")
        return Cells(**both)

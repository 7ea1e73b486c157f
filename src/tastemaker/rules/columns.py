"""Attributes of items by row number, as columns that grow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import DataError
from tastemaker.rules.cells import DTYPES, Cells, Codes, Mask
from tastemaker.rules.series import Postings, Series
from tastemaker.rules.words import Words
from tastemaker.storage.base import Attribute, Item

MASKS = 256  # kept a view: 25 MB at 100,000 items
FIELDS = {
    "id": "texts",
    "title": "texts",
    "hidden": "truths",
    "stock": "numbers",
    "expires": "numbers",
    "created": "numbers",
    "deleted": "truths",
}

Found = dict[tuple[str, str], tuple[Sequence[int], Any]]  # places and values by column and kind


class Kept:
    """The masks used last, by expression; for one view, so they never go out of date."""

    def __init__(self, limit: int = MASKS) -> None:
        self._limit, self._lock = limit, Lock()
        self._masks: OrderedDict[str, Mask] = OrderedDict()

    def get(self, key: str, make: Callable[[], Mask]) -> Mask:
        """The mask under `key`, made where there is none; it cannot be written to."""
        with self._lock:
            mask = self._masks.get(key)
            if mask is not None:
                self._masks.move_to_end(key)
                return mask
        mask = make()
        mask.flags.writeable = False
        with self._lock:
            self._masks[key] = mask
            while len(self._masks) > self._limit:
                self._masks.popitem(last=False)
        return mask


@dataclass(frozen=True, eq=False)
class View:
    """All columns as they were at one time; nothing in it ever changes.

    Attributes:
        version: Larger after every change.
        size: Number of rows n; a row that was never put counts as deleted.
        cells: Values by name, shape (n,).
        words: Of the codes below `texts`.
        texts: How many texts the columns know.
        lowered: Code of each text's lower case, shape (texts,).
        kept: Masks that were computed from this view.
    """

    version: int
    size: int
    cells: Mapping[str, Cells]
    words: Words
    texts: int
    lowered: Codes
    kept: Kept = field(default_factory=Kept)

    def view(self) -> View:
        """Itself."""
        return self


class Viewed(Protocol):
    """`Columns`, or a view that was taken of them before (several rules of one request see the same rows)."""

    def view(self) -> View:
        """The columns at one time."""
        ...


class Columns:
    """Attributes of items by row. One thread at a time writes (others wait), any number read views without waiting.

    Beside the attributes there are the columns id, title, hidden, stock, expires, created and deleted; they win over
    attributes of the same name. An attribute that has numbers in some items and texts in others has both kinds.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._words = Words()
        self._parts = {(name, kind): _part(kind) for name, kind in FIELDS.items()}
        self._view = self._seen(0, version=0)

    def view(self) -> View:
        """The columns as they are now."""
        return self._view

    @property
    def version(self) -> int:
        """Larger after every `put`."""
        return self._view.version

    def __len__(self) -> int:
        """Number of rows."""
        return self._view.size

    def put(self, rows: Sequence[int] | NDArray[np.integer], items: Sequence[Item]) -> None:
        """Write `items` at `rows`, in place of what stood there; the last one wins where a row comes twice.

        Raises:
            DataError: There are not as many rows as items, a row is negative, or an attribute is of no known kind.
        """
        if len(rows) != len(items):
            raise DataError(f"There are {len(rows)} rows for {len(items)} items; give one row an item.")
        last = {int(row): item for row, item in zip(rows, items, strict=True)}
        if min(last, default=0) < 0:
            raise DataError(f"Row numbers begin at 0; got {min(last)}.")
        with self._lock:
            found = self._gather(list(last.values()))
            self._write(np.fromiter(last, np.intp, len(last)), found)

    def begin(self, names: Sequence[str]) -> None:
        """Rows of items of which the ids alone are known, in their order, where there is none yet."""
        code, size = self._words.code, len(names)
        every, no = range(size), np.zeros(size)
        with self._lock:
            ids = ("id", "texts"), (every, [code(name) for name in names])
            plain = (((name, FIELDS[name]), (every, no)) for name in ("hidden", "created", "deleted"))
            found: Found = dict([ids, *plain])
            self._write(np.arange(size), found)

    def _gather(self, items: Sequence[Item]) -> Found:
        attributes: dict[tuple[str, str], tuple[list[int], list[Any]]] = {}
        for place, item in enumerate(items):
            for name, value in item.attributes.items():
                kind, cell = self._cell(name, value, item)
                if kind and name not in FIELDS:
                    places, cells = attributes.setdefault((name, kind), ([], []))
                    places.append(place)
                    cells.append(cell)
        return {**self._fields(items), **attributes}

    def _fields(self, items: Sequence[Item]) -> Found:
        """The columns every item has, one by one, as that is much faster; an empty title is none."""
        code, every = self._words.code, list(range(len(items)))
        titled = [place for place in every if items[place].title]
        counted = [place for place in every if items[place].stock is not None]
        ending = [place for place in every if items[place].expires is not None]
        return {
            ("id", "texts"): (every, [code(item.id) for item in items]),
            ("title", "texts"): (titled, [code(items[place].title) for place in titled]),
            ("hidden", "truths"): (every, [item.hidden for item in items]),
            ("stock", "numbers"): (counted, [items[place].stock for place in counted]),
            ("expires", "numbers"): (ending, [items[place].expires for place in ending]),
            ("created", "numbers"): (every, [_finite(item.created) for item in items]),
            ("deleted", "truths"): (every, [item.deleted for item in items]),
        }

    def _cell(self, name: str, value: Attribute | None, item: Item) -> tuple[str, Any]:
        """Kind and what is stored; kind "" where nothing is."""
        if type(value) is str:
            return "texts", self._words.code(value)
        match value:
            case None:
                return "", None
            case bool():
                return "truths", value
            case int() | float():
                return "numbers", _finite(float(value))
            case str():
                return "texts", self._words.code(value)
            case list() | tuple() if all(isinstance(text, str) for text in value):
                return "pairs", [self._words.code(text) for text in dict.fromkeys(value)]
        raise DataError(
            f"Attribute {name!r} of item {item.id!r} is {value!r}; expected a number, a text, true or false, or texts."
        )

    def _write(self, rows: NDArray[np.intp], found: Found) -> None:
        size = max(self._view.size, int(rows.max(initial=-1)) + 1)
        for name, kind in found.keys() - self._parts.keys():
            self._parts[name, kind] = _part(kind)
        nothing: tuple[Sequence[int], Any] = ((), ())
        for key, part in self._parts.items():
            part.fill(rows, *found.get(key, nothing), size)
        self._view = self._seen(size, self._view.version + 1)

    def _seen(self, size: int, version: int) -> View:
        kinds: dict[str, dict[str, Any]] = {}
        for (name, kind), part in sorted(self._parts.items(), key=lambda entry: entry[0]):
            kinds.setdefault(name, {})[kind] = part.view(size)
        cells = {name: Cells(**parts) for name, parts in kinds.items()}
        lowered = self._words.lowered()
        return View(version, size, cells, self._words, len(lowered), lowered)


def _part(kind: str) -> Series | Postings:
    return Postings() if kind == "pairs" else Series(*DTYPES[kind])


def _finite(value: float) -> float:
    return value if isfinite(value) else nan

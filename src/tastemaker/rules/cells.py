"""What an expression is in every row: values by kind, with missing ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]  # nan is missing
Codes = NDArray[np.int32]  # numbers of texts, -1 is missing
Truths = NDArray[np.int8]  # 1, 0, -1 is missing
Mask = NDArray[np.bool_]

DTYPES = {"numbers": (np.float64, np.nan), "texts": (np.int32, -1), "truths": (np.int8, -1)}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Several texts a row.

    Attributes:
        rows: Row of each pair, shape (p,).
        codes: Its text, shape (p,).
        there: Whether the row has such a value at all, be it empty, shape (n,).
    """

    rows: Codes
    codes: Codes
    there: Mask

    def holds(self, codes: Codes) -> Mask:
        """Whether each row has the text, shape (n,), for codes (n,) or ()."""
        asked = codes[self.rows] if codes.ndim else codes
        out = np.zeros(len(self.there), np.bool_)
        out[self.rows[self.codes == asked]] = True
        return out


@dataclass(frozen=True, slots=True)
class Options:
    """What a value may be: the elements of a list by kind, each of shape (m,); `there` tells a list from none."""

    numbers: Numbers
    texts: Codes
    truths: Truths
    there: bool = True


@dataclass(frozen=True, slots=True)
class Cells:
    """Values of one column or expression by kind, shape (n,), or () where all rows have the same.

    A kind that no row can have is None. A row that has a value of one kind is missing in the others.
    """

    numbers: Numbers | None = None
    texts: Codes | None = None
    truths: Truths | None = None
    pairs: Pairs | None = None
    options: Options | None = None

    def kinds(self) -> list[str]:
        """Names of the kinds that rows can have."""
        names = {"a number": self.numbers, "a text": self.texts, "true or false": self.truths}
        several = self.pairs is not None or self.options is not None
        return [name for name, values in names.items() if values is not None] + ["several texts"] * several

    def there(self) -> Mask:
        """Whether rows have any value, shape (n,) or ()."""
        found: list[Mask] = [] if self.numbers is None else [~np.isnan(self.numbers)]
        found += [codes != -1 for codes in (self.texts, self.truths) if codes is not None]
        found += [self.pairs.there] if self.pairs is not None else []
        return any_of(found)


def any_of(masks: list[Mask]) -> Mask:
    """Where one of the masks is true, shape (n,) or (); nowhere where there is none."""
    return reduce(np.logical_or, masks, np.array(False))


def of_mask(mask: Mask) -> Cells:
    """Cells that are true or false in every row."""
    return Cells(truths=np.asarray(mask).astype(np.int8))

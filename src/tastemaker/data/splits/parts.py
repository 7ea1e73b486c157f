"""From a part number a row to a `Split`; what all splitters share."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Lt
from numpy.typing import NDArray

from tastemaker.core import BadSetting, DataError
from tastemaker.data.dataset import Dataset
from tastemaker.data.split import Split

TRAIN, VALIDATION, TEST, NOWHERE = 0, 1, 2, 3
Part = NDArray[np.int8]  # (n,): one of the four a row
Share = Annotated[float, Gt(0), Lt(1)]
Strangers = Literal["keep", "drop"]


def assemble(data: Dataset, part: Part, strangers: Strangers = "keep") -> Split:
    """Three data sets from one part number a row.

    Args:
        data: What is cut.
        part: `TRAIN`, `VALIDATION`, `TEST` or `NOWHERE` a row, shape (n,).
        strangers: "drop" leaves out validation and test rows of users without a training row.

    Raises:
        DataError: nothing would be left to learn from or to test on.
    """
    if strangers == "drop":
        known = np.zeros(len(data.users), bool)
        known[data.interactions.user[part == TRAIN]] = True
        part = np.where(known[data.interactions.user], part, np.int8(NOWHERE))
    for number, name in ((TRAIN, "training"), (TEST, "test")):
        if not (part == number).any():
            raise DataError(
                f"The split leaves no {name} rows of {len(part)} interactions. "
                "Choose another split, other shares, or give more data."
            )
    return Split(*(data.only(part == number) for number in (TRAIN, VALIDATION, TEST)))


def by_share(order: NDArray[np.float64], validation: float, test: float) -> Part:
    """Part by where a row stands: `order` in (0, 1], the last of it is the test."""
    part = np.full(len(order), TRAIN, np.int8)
    part[order > round(1 - (validation + test), 9)] = VALIDATION
    part[order > round(1 - test, 9)] = TEST
    return part


def check_shares(validation: float, test: float) -> None:
    """Raise `BadSetting` where nothing would be left for training."""
    if validation + test >= 1:
        raise BadSetting(f"validation ({validation}) and test ({test}) must leave a share for training.")


def need_order(data: Dataset, name: str, *, clock: bool) -> None:
    """Raise `DataError` where the interactions have no times (or, with `clock`, only positions)."""
    if data.clock == "none":
        raise DataError(f"The split {name!r} needs times, and these data have none. Use 'random', or add a timestamp.")
    if clock and data.clock != "time":
        raise DataError(
            f"The split {name!r} needs clock times; these data have positions, which order the events of one "
            "user and not those of all. Use 'last'."
        )

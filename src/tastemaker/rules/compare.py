"""Comparing cells: a missing value makes every comparison false."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.rules.cells import Cells, Codes, Mask, Options, any_of

Test = Callable[[Any, Any], Any]

EQUAL: dict[str, Test] = {"==": operator.eq, "!=": operator.ne}
ORDER: dict[str, Test] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def equality(sign: str, left: Cells, right: Cells) -> Mask | None:
    """Whether both have a value of one kind, and these are (not) equal; None where they share no kind."""
    test, found = EQUAL[sign], []
    if left.numbers is not None and right.numbers is not None:
        found.append(test(left.numbers, right.numbers) & ~np.isnan(left.numbers) & ~np.isnan(right.numbers))
    pairs: list[tuple[NDArray[Any] | None, NDArray[Any] | None]]
    pairs = [(left.texts, right.texts), (left.truths, right.truths)]
    found += [test(a, b) & (a != -1) & (b != -1) for a, b in pairs if a is not None and b is not None]
    return any_of(found) if found else None


def order(sign: str, left: Cells, right: Cells) -> Mask | None:
    """Whether both have a number, in that order; None where one cannot have any."""
    if left.numbers is None or right.numbers is None:
        return None
    return np.asarray(ORDER[sign](left.numbers, right.numbers))


def membership(inside: bool, left: Cells, right: Cells) -> Mask | None:
    """Whether the value is (not) among those on the right; None where it never can be."""
    there, found = np.asarray(False), []
    if right.pairs is not None and left.texts is not None:
        found.append(right.pairs.holds(left.texts))
        there = there | ((left.texts != -1) & right.pairs.there)
    if right.options is not None:
        found += _among(left, right.options)
        there = there | (left.there() & right.options.there)
    if not found:
        return None
    listed = any_of(found)
    return np.asarray(there & (listed if inside else ~listed))


def _among(left: Cells, options: Options) -> list[Mask]:
    found = []
    if left.numbers is not None:
        found.append(np.isin(left.numbers, options.numbers))
    if left.texts is not None:
        found.append(_listed(left.texts, options.texts))
    if left.truths is not None:
        found.append(np.isin(left.truths, options.truths))
    return found


def _listed(codes: Codes, wanted: Codes) -> Mask:
    table = np.zeros(max(codes.max(initial=0), wanted.max(initial=0)) + 2, np.bool_)
    table[wanted] = True
    listed: Mask = table[codes]  # missing, -1, is the last cell, which no code reaches
    return listed

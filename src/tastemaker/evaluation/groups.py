"""To which group each user belongs."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import Column

GROUPS = 6  # of one attribute, the largest
EDGES = np.array([0, 1, 5, 20])  # items of the history from which on a user belongs to a group
HISTORY = ("0", "1-4", "5-19", "20+")

Labels = NDArray[np.str_]  # (n,): the group of each user, "" in none


def history_labels(taken: NDArray[np.int64]) -> Labels:
    """Group by the number of different items in the history, shape (n,)."""
    return np.array(HISTORY)[np.searchsorted(EDGES, taken, side="right") - 1]


def labels_of(column: Column) -> Labels:
    """Quarters of a number, the first of several categories, the top level of a place; "" where missing."""
    if column.kind == "number":
        return _quarters(np.asarray(column.values, np.float64), column.present)
    mark = "|" if column.kind == "category" else "/"
    return np.array([str(value).split(mark)[0].strip() for value in column.values], np.str_)


def _quarters(values: NDArray[np.float64], there: NDArray[np.bool_]) -> Labels:
    known = np.unique(values[there])
    if len(known) <= GROUPS:
        return np.array([f"{value:g}" if ok else "" for value, ok in zip(values, there, strict=True)], np.str_)
    edges = np.unique(np.quantile(values[there], [0.25, 0.5, 0.75]))
    names = [f"< {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges)), f">= {edges[-1]:g}"]
    place = np.searchsorted(edges, np.where(there, values, 0), side="right")
    return np.where(there, np.array(names)[place], "")


def largest(labels: Labels) -> list[str]:
    """The largest groups: numbers and ranges from low to high, others by name."""
    names, counts = np.unique(labels[labels != ""], return_counts=True)
    return sorted((str(names[at]) for at in np.argsort(-counts, kind="stable")[:GROUPS]), key=_order)


def _order(name: str) -> tuple[float, str]:
    """By the first number in the name, "< 29" before "29 to 42"; names without a number at the end."""
    number = re.search(r"\d+(\.\d+)?", name)
    return (float(number.group()) - 0.5 * name.startswith("<") if number else np.inf, name)

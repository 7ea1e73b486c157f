"""Dirt: what real exports have, put into a world on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Columns = dict[str, list[Any]]


def soil_rows(columns: Mapping[str, list[Any]], share: float, rng: np.random.Generator) -> Columns:
    """The rows of a table, some of them twice and some without an id.

    Args:
        columns: Names and values of equal length, ``user_id`` and ``item_id`` among them.
        share: Share of the rows that are soiled; half of each kind.
        rng: Chooses the rows.
    """
    n = len(columns["item_id"])
    chosen = np.flatnonzero(rng.random(n) < share)
    twice, gone = chosen[::2], chosen[1::2]
    rows = np.sort(np.concatenate([np.arange(n), twice]), kind="stable")
    soiled = {name: [values[row] for row in rows] for name, values in columns.items()}
    for row in np.flatnonzero(np.isin(rows, gone)):
        soiled["user_id" if rng.random() < 0.5 else "item_id"][row] = ""
    return soiled


def soil_files(files: list[Path], share: float, rng: np.random.Generator) -> int:
    """Break a share of the files, in turn: cut short, emptied, filled with text, removed; returns how many."""
    chosen = [file for file in files if rng.random() < share]
    for number, file in enumerate(chosen):
        content = file.read_bytes()
        broken = (content[: len(content) // 2], b"", b"<html>not found</html>", None)[number % 4]
        if broken is None:
            file.unlink()
        else:
            file.write_bytes(broken)
    return len(chosen)

"""Items of a store as the data set that encoders read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.core import DataError
from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.data.content import MEDIA
from tastemaker.data.paths import inside
from tastemaker.data.table import Column, Table
from tastemaker.data.text import plain_text
from tastemaker.storage.base import Attribute, Item


def late_data(items: Sequence[Item], root: Path, learned: Table) -> Dataset:
    """Items without behaviour, with texts, files under `root`, and the attributes that a model has learned.

    A file that is not there, or that leads out of `root`, counts as missing.
    """
    content: dict[Any, list[tuple[Any, ...]]] = {
        "text": [tuple(plain_text(text) for text in (item.title, *item.texts) if text) for item in items]
    }
    for modality in MEDIA:
        content[modality] = [_files(item.media.get(modality, ()), root) for item in items]
    return Dataset(
        Vocabulary(()),
        Vocabulary(tuple(item.id for item in items)),
        Interactions.of([], []),
        content={name: entries for name, entries in content.items() if any(entries)},
        titles=tuple(item.title for item in items),
        item_attributes={
            name: Column(column.kind, _values([item.attributes.get(name) for item in items], column.kind))
            for name, column in learned.items()
        },
        root=root,
    )


def _files(names: Sequence[str], root: Path) -> tuple[Path, ...]:
    found = []
    for name in names:
        try:
            path = inside(root, name)
        except DataError:
            continue
        if path.is_file():
            found.append(path)
    return tuple(found)


def _values(given: Sequence[Attribute | None], kind: str) -> Any:
    if kind == "number":
        return np.array([float(v) if isinstance(v, int | float) else np.nan for v in given], np.float64)
    made = np.empty(len(given), object)
    made[:] = [_word(value) for value in given]
    return made


def _word(value: Attribute | None) -> str:
    if isinstance(value, list):
        return "|".join(part.replace("|", "/").strip() for part in value)
    if value is None:
        return ""
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value.strip()
    )


def plain_items(items: Sequence[Item]) -> list[Mapping[str, Any]]:
    """As JSON values, for another process."""
    return [
        {
            "id": item.id,
            "title": item.title,
            "texts": list(item.texts),
            "media": {name: list(files) for name, files in item.media.items()},
            "attributes": dict(item.attributes),
        }
        for item in items
    ]

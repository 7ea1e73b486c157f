"""Content of items: texts made plain, and media files by their paths; no file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tastemaker.core import DataError
from tastemaker.data.dataset import Modality
from tastemaker.data.kinds import strings_of
from tastemaker.data.paths import inside
from tastemaker.data.receipt import Ledger
from tastemaker.data.remote.book import files_by_url
from tastemaker.data.text import plain_text

MEDIA: tuple[Modality, ...] = ("image", "audio", "video")
WEB = ("http://", "https://")
Entries = list[tuple[Any, ...]]


def texts(table: Any, roles: Mapping[str, str], ledger: Ledger) -> tuple[list[str], Entries]:
    """Titles, and (title, text) of each row without the empty ones."""
    titles, bodies = (_plain(table, roles.get(role), ledger) for role in ("title", "text"))
    return titles, [tuple(text for text in pair if text) for pair in zip(titles, bodies, strict=True)]


def _plain(table: Any, name: str | None, ledger: Ledger) -> list[str]:
    if name is None:
        return [""] * int(table.num_rows)
    raw = ["" if value is None else _joined(value) for value in table[name].to_pylist()]
    made = [plain_text(text) for text in raw]
    marked = [new for new, old in zip(made, raw, strict=True) if new is not old and new != " ".join(old.split())]
    ledger.add(f"{name} with markup, entities, control characters or unusual Unicode", "repaired", len(marked), marked)
    return made


def _joined(value: Any) -> str:
    return " ".join(str(part) for part in value if part) if isinstance(value, list) else str(value)


def media(table: Any, roles: Mapping[str, str], root: Path | None, ledger: Ledger) -> dict[Modality, Entries]:
    """Absolute paths of each row's files by modality; addresses stand for the files that `media pull` fetched.

    Paths out of the folder, absolute ones and addresses that were not fetched are refused.
    """
    found: dict[Modality, Entries] = {}
    book = {} if root is None else files_by_url(root)
    for modality in MEDIA:
        if modality not in roles:
            continue
        said = strings_of(table[roles[modality]]) or [""] * int(table.num_rows)
        entries = [_files(text, modality, (root, book), ledger) for text in said]
        if any(entries):
            found[modality] = entries
    return found


def _files(
    said: str, modality: Modality, where: tuple[Path | None, Mapping[str, str]], ledger: Ledger
) -> tuple[Path, ...]:
    if not said:
        return ()
    root, book = where
    files = []
    for part in said.split("|"):
        name = part.strip()
        if not name:
            continue
        if name not in book and name.lower().startswith(WEB):
            ledger.add(f"{modality} addresses not fetched (see `tastemaker media pull`)", "dropped", 1, [name])
            continue
        try:
            files.append(inside(_known(root), book.get(name, name)))
        except DataError as error:
            ledger.add(f"{modality} paths refused", "dropped", 1, [error])
    return tuple(files)


def _known(root: Path | None) -> Path:
    if root is None:
        raise DataError("Tables in memory have no folder that paths could be relative to; read a folder instead.")
    return root

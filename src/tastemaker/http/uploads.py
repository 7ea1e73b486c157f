"""Uploaded files: decoded in a process that may be killed, and kept under the hash of what they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tastemaker.core.files import replacing
from tastemaker.features.media import Decoder, Job, require
from tastemaker.http.problems import Problem

SIZES = {"image": 64, "audio": 16_000, "video": 64}
FRAMES = 4


def keep(body: bytes, modality: str, folder: Path) -> str:
    """Path, relative to `folder`, of the file; raises `Problem` 415 where it cannot be decoded."""
    name = f"{modality}/{hashlib.sha256(body).hexdigest()}"
    if not (folder / name).exists():
        _write(body, modality, folder / name)
    return name


@contextmanager
def lent(body: bytes, modality: str, folder: Path) -> Iterator[str]:
    """As `keep`, for as long as it is looked at."""
    name = f"asked/{uuid4().hex}"
    _write(body, modality, folder / name)
    try:
        yield name
    finally:
        (folder / name).unlink()


def _write(body: bytes, modality: str, path: Path) -> None:
    if not body:
        raise Problem(422, "The body is empty; send the file itself.")
    require(modality)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as new:
        new.write_bytes(body)
        refused = _refused(new, modality)
        if refused:
            raise Problem(415, f"The file cannot be taken as {modality}: {refused}.")


def _refused(path: Path, modality: str) -> str:
    job = Job(path, modality, SIZES[modality], frames=FRAMES if modality == "video" else 0)
    with Decoder(workers=1) as decoder:
        found = next(iter(decoder.decode([job])))
    return found if isinstance(found, str) else ""

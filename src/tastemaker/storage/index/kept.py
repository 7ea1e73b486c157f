"""Lists of an approximate index beside what it is of: built once, and read at every start after that."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.core import SavedError, fingerprints
from tastemaker.core.files import replacing_folder, write_json
from tastemaker.core.saved import MANIFEST, read_manifest
from tastemaker.storage.index.ann import LISTS, FaissIndex
from tastemaker.storage.index.base import Floats
from tastemaker.storage.index.inverted import Effort

LOG = logging.getLogger("tastemaker.serving")
FORMAT, KIND = 1, "kept lists"
STALE = 86_400.0  # seconds after which what a killed process left is removed
NEWEST = 4  # that stay in a folder: of the live version, the one before it, and two of experiments


def build_once(index: FaissIndex, queries: Floats | None, folder: Path) -> None:
    """As `FaissIndex.build`, but for what is kept in `folder`, under the content that it was built from.

    What is damaged, or cannot be written, costs the time of building, and nothing else.

    Args:
        index: With its vectors.
        queries: As of `build`.
        folder: Of this machine's services alone; made where it is absent.
    """
    own = folder / content(index, queries)
    try:
        _read(index, own)
    except SavedError:
        index.build(queries)
        try:
            _write(index, own)
        except (OSError, RuntimeError) as error:  # faiss has its own word for a full disk
            LOG.warning("The index is not kept in %s: %s", own, error)
    else:
        with suppress(OSError):
            os.utime(own)  # the newest are kept


def content(index: FaissIndex, queries: Floats | None) -> str:
    """A fingerprint of everything that lists are made from."""
    made = [FORMAT, index.dim, index.recall, index.seed, _version()]
    digest = hashlib.sha256(json.dumps(made).encode())
    for array in (index.vectors, queries):
        if array is not None:
            digest.update(f"{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, np.float32).data)
    return digest.hexdigest()[:32]


def _read(index: FaissIndex, own: Path) -> None:
    spec: dict[str, Any] = read_manifest(own, KIND, FORMAT)
    try:
        efforts = tuple(Effort(int(depth), int(lists)) for depth, lists in spec["efforts"])
        whole = not efforts or fingerprints.of_file(own / LISTS) == spec["lists"]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise SavedError(f"{own} is damaged ({error}).") from error
    if not whole:
        raise SavedError(f"{own / LISTS} is damaged.")
    index.read_lists(own, efforts)


def _write(index: FaissIndex, own: Path) -> None:
    own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing_folder(own) as new:
        index.write_lists(new)
        lists = fingerprints.of_file(new / LISTS) if (new / LISTS).is_file() else ""
        efforts = [astuple(effort) for effort in index.efforts]
        write_json(new / MANIFEST, {"kind": KIND, "format": FORMAT, "efforts": efforts, "lists": lists})
    others = sorted((path for path in own.parent.iterdir() if path != own), key=_age)
    whole = [path for path in others if (path / MANIFEST).is_file()]
    halves = [path for path in others if path not in whole and _age(path) > STALE]
    for old in whole[NEWEST - 1 :] + halves:
        shutil.rmtree(old, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another process was quicker
        return 0.0


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    with suppress(PackageNotFoundError):
        return version("faiss-cpu")
    return ""

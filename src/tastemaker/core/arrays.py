"""Arrays that may be larger than the memory: mapped from a nameless file of the disk, gone with the last reference."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGE = 256 << 20  # bytes from which an array lies on the disk


def zeros(rows: int, dim: int, folder: Path) -> NDArray[np.float32]:
    """Zeros of shape (rows, dim), float32; large ones are mapped from a file that nobody else sees.

    Args:
        rows: Any number.
        dim: The width.
        folder: Where the file lies; where it cannot, in the system's folder for temporary files. Without room on the
            disk the array lies in memory.
    """
    size = rows * dim * 4
    mapped = _mapped(size, folder) if size >= LARGE else None
    return np.zeros((rows, dim), np.float32) if mapped is None else np.frombuffer(mapped, np.float32).reshape(rows, dim)


def release(array: NDArray[Any]) -> None:
    """Let go of the memory that holds what was read of or written to a mapped array; others stay as they are."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    if isinstance(base, mmap.mmap) and sys.platform.startswith("linux"):
        base.madvise(mmap.MADV_DONTNEED)


def _mapped(size: int, folder: Path) -> mmap.mmap | None:
    """A file of `size` bytes, all of which have their place: a full disk may not end the process later."""
    for place in (folder, None):
        try:
            with tempfile.TemporaryFile(dir=place) as file:
                if sys.platform.startswith("linux"):
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    file.truncate(size)
                return mmap.mmap(file.fileno(), size)
        except OSError:
            continue
    return None

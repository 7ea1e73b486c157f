"""What the neural encoders share: batches by size, threads, fingerprints, guarded imports."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra, TastemakerError, fingerprints, settings_of

T = TypeVar("T")
HOW = ("batch", "threads", "folder")  # settings that say how or from where, not what


def fingerprint(encoder: object, version: int, weights: str = "") -> str:
    """Name, version of the algorithm, settings that change results and hash of the weights.

    Batch size, threads and folder are left out: they change results by rounding only.
    """
    settings = {key: value for key, value in settings_of(encoder).items() if key not in HOW}
    name: str = getattr(type(encoder), "name")  # noqa: B009
    return f"{name}/{version}/{fingerprints.of_json([settings, weights])[:32]}"


def settings_only(encoder: object) -> dict[str, Any]:
    """State for pickling: the settings. A copy in another process loads the weights itself."""
    return {key: value for key, value in vars(encoder).items() if not key.startswith("_")}


def in_batches(
    entries: Sequence[T],
    batch: int,
    encode: Callable[[list[T]], NDArray[np.float32]],
    dim: int,
    sizes: Sequence[int] = (),
) -> NDArray[np.float32]:
    """Encode entries in batches of similar size and give the rows back in the order of `entries`.

    Args:
        entries: n entries.
        batch: At most so many at once.
        encode: Turns a list of entries into rows, (len, dim).
        dim: Width of the rows.
        sizes: Length of each entry: batches hold neighbours, so that little is padded; () keeps the order.

    Returns:
        Shape (n, dim), float32.
    """
    out = np.zeros((len(entries), dim), np.float32)
    order = np.argsort(sizes, kind="stable") if len(sizes) else np.arange(len(entries))
    for start in range(0, len(entries), batch):
        rows = order[start : start + batch]
        out[rows] = encode([entries[row] for row in rows])
    return out


@contextmanager
def inference(threads: int) -> Iterator[None]:
    """Let torch work without gradients, on so many threads; 0 leaves their number as it is."""
    torch = import_torch()
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def import_torch() -> Any:
    """The module torch; raises `MissingExtra`."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "deep") from error
    return torch


def import_transformers(extra: str = "text") -> Any:
    """The module transformers, its bars off; raises `MissingExtra`, or names a broken torchvision."""
    import_torch()
    refuse_broken_torchvision()
    try:
        transformers: Any = importlib.import_module("transformers")
    except ImportError as error:
        raise MissingExtra("transformers", extra) from error
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    return transformers


def refuse_broken_torchvision() -> None:
    """Raise a clear error where torchvision does not fit torch: transformers would fail in an odd way."""
    if importlib.util.find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except Exception as error:  # a missing operator raises RuntimeError, a missing library OSError
        raise TastemakerError(
            f"torchvision is installed but does not work with this torch ({error}), and transformers cannot "
            "be imported beside it. Try: pip uninstall torchvision (tastemaker does not need it)."
        ) from error

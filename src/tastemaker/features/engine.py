"""What the neural encoders share: batches by size, threads, fingerprints, guarded imports."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, MissingExtra, TastemakerError, fingerprints, settings_of

T = TypeVar("T")
HOW = ("batch", "threads", "folder", "device", "label")  # settings that say how or from where, not what
SAME = {"chunks": (1,), "engine": ("auto", "torch", "onnx")}  # values that are as if the setting were not there


def fingerprint(encoder: object, version: int, weights: str = "", how: Sequence[str] = ()) -> str:
    """Name, version of the algorithm, settings that change results and hash of the weights.

    Batch size, threads, device and folder are left out: they change results by rounding only.

    Args:
        encoder: Whose settings.
        version: Of the algorithm.
        weights: Hash of the weights, and of what else decides.
        how: More settings that are left out.
    """
    asked = settings_of(encoder).items()
    settings = {key: value for key, value in asked if key not in (*HOW, *how) and value not in SAME.get(key, ())}
    name: str = getattr(type(encoder), "name")  # noqa: B009
    return f"{name}/{version}/{fingerprints.of_json([settings, weights])[:32]}"


def settings_only(encoder: object) -> dict[str, Any]:
    """State for pickling: the settings. A copy in another process loads the weights itself."""
    return {key: value for key, value in vars(encoder).items() if not key.startswith("_")}


def in_batches(
    entries: Sequence[T],
    batch: int,
    encode: Callable[[list[T]], NDArray[np.float32]],
    sizes: Sequence[int] = (),
    lanes: int = 1,
) -> NDArray[np.float32]:
    """Encode entries in batches of similar size and give the rows back in the order of `entries`.

    Args:
        entries: n entries, at least one.
        batch: At most so many at once.
        encode: Turns a list of entries into rows, (len, dim).
        sizes: Length of each entry: batches hold neighbours, so that little is padded; () keeps the order.
        lanes: Batches that are encoded at once, each in a thread of its own.

    Returns:
        Shape (n, dim), float32.
    """
    order = np.argsort(sizes, kind="stable") if len(sizes) else np.arange(len(entries))
    parts = [[entries[row] for row in order[start : start + batch]] for start in range(0, len(entries), batch)]
    if lanes < 2 or len(parts) < 2:
        made = [encode(part) for part in parts]
    else:
        with ThreadPoolExecutor(lanes) as pool:
            made = list(pool.map(encode, parts))
        _settle_threads()
    out = np.empty((len(entries), made[0].shape[1]), np.float32)
    out[order] = np.concatenate(made)
    return out


def _settle_threads() -> None:
    """Threads to come begin with as many threads of torch as this one has, not with those of a lane."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(torch.get_num_threads())


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


def device(wanted: str) -> Any:
    """The torch device: "auto" takes CUDA where it is; raises `BadSetting` for one that is not here."""
    torch = import_torch()
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(wanted)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
        reason = str(error).splitlines()[0]
        raise BadSetting(f"device = {wanted!r} cannot be used here: {reason} Take 'cpu' or 'auto'.") from error
    return found


def dtype(wanted: str, place: Any) -> Any:
    """The torch dtype that a model is run in; "auto" is bfloat16 on CUDA that has it, else float32."""
    torch = import_torch()
    if wanted == "auto":
        half = place.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if half else torch.float32
    return getattr(torch, wanted)


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

"""An ONNX file in onnxruntime: what it wants, what it gives, where it runs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, MissingExtra, WeightsError
from tastemaker.features import weights

Pooling = Literal["auto", "mean", "cls", "none"]
NUMBERS = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
Shape = Sequence[Any]  # numbers, and names of those that are free


class Session:
    """One loaded file.

    Attributes:
        inputs: Shape of each input, by name.

    Args:
        path: The file.
        device: "auto", "cpu" or "cuda"; auto takes CUDA where onnxruntime has it.
        threads: Threads of the session; 0 leaves the number to onnxruntime.

    Raises:
        WeightsError: It is no model that onnxruntime can read.
        MissingExtra: onnxruntime is not installed.
    """

    def __init__(self, path: Path, device: str, threads: int) -> None:
        runtime = import_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # cores may be busy with decoding
        options.log_severity_level = 3
        self._path = path
        providers = _providers(runtime, device)
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # onnxruntime raises many kinds, all of them for files it cannot take
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{path} is no model that onnxruntime can read: {reason}") from error
        self.inputs: Mapping[str, Shape] = {one.name: tuple(one.shape) for one in self._session.get_inputs()}
        self._numbers = {one.name: NUMBERS.get(one.type, np.float32) for one in self._session.get_inputs()}
        self._output = self._session.get_outputs()[0].name

    @property
    def most(self) -> int:
        """Entries that the file takes at once; 0 for any number."""
        first = next(iter(self.inputs.values()))
        return int(first[0]) if first and isinstance(first[0], int) and first[0] > 0 else 0

    def run(self, given: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """The first output of the file as float32, (n, ...); raises `WeightsError`."""
        fed = {name: np.ascontiguousarray(given[name], self._numbers[name]) for name in self.inputs}
        try:
            found = self._session.run([self._output], fed)[0]
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{self._path} fails on what it was given: {reason}") from error
        return np.asarray(found, np.float32)


def pool(
    hidden: NDArray[np.float32], mask: NDArray[Any] | None, pooling: str, *, normalise: bool
) -> NDArray[np.float32]:
    """One vector an entry, (n, dim).

    Args:
        hidden: (n, dim), (n, length, dim) or (n, dim, height, width).
        mask: Places that count, (n, length); None for all.
        pooling: "mean", "cls" (the first place), "none" (what the model gives, laid flat); "auto" takes the mean
            where there is something to pool.
        normalise: Scale vectors to length 1.
    """
    rows = _pooled(hidden, mask, pooling)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) if normalise else 1.0
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def _pooled(hidden: NDArray[np.float32], mask: NDArray[Any] | None, pooling: str) -> NDArray[np.float32]:
    if hidden.ndim == 2 or pooling == "none":
        return hidden.reshape(len(hidden), -1)
    if hidden.ndim == 4:
        hidden = hidden.reshape(*hidden.shape[:2], -1).transpose(0, 2, 1)
    if hidden.ndim != 3:
        raise BadSetting(f"The model's output has {hidden.ndim} axes, expected 2, 3 or 4.")
    if pooling == "cls":
        return np.ascontiguousarray(hidden[:, 0])
    weight = np.ones(hidden.shape[:2], np.float32) if mask is None else np.asarray(mask, np.float32)
    return np.asarray((hidden * weight[:, :, None]).sum(1) / weight.sum(1, keepdims=True), np.float32)


def digest(path: Path) -> str:
    """Hash of a file, of the data that lie beside it (``NAME.onnx_data`` and the like) and of its tokenizer."""
    if not path.is_file():
        raise WeightsError(f"There is no file {str(path)!r}. Set `model` to an .onnx file.")
    beside = [file.name for file in path.parent.iterdir() if file.name.startswith(path.name) and file != path]
    more = [name for name in ("tokenizer.json",) if (path.parent / name).is_file()]
    named = [weights.digest(path.parent, [name]) for name in (*sorted(beside), *more)]
    return "/".join([weights.find.of_file(path), *named])


def import_runtime() -> Any:
    """The module onnxruntime; raises `MissingExtra`."""
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise MissingExtra("onnxruntime", "onnx") from error


def _providers(runtime: Any, device: str) -> list[str]:
    there = runtime.get_available_providers()
    if device == "auto":
        return [name for name in (PROVIDERS["cuda"], PROVIDERS["cpu"]) if name in there]
    if PROVIDERS[device] not in there:
        raise BadSetting(f"device = {device!r}: this onnxruntime has only {', '.join(there)}. Install onnxruntime-gpu.")
    return [PROVIDERS[device]]

"""Read GGUF files: settings and tensors, dequantised with numpy; nothing in them is run."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError

SCALARS = "BbHhIif?", "Qqd"  # struct codes of the value types 0..7 and 10..12
STRING, ARRAY = 8, 9
ALIGNMENT = 32
BLOCK = 32  # numbers that share a scale


class Tensor(NamedTuple):
    """Where a tensor lies: its shape (outermost first), kind of numbers, and offset in the file."""

    shape: tuple[int, ...]
    kind: int
    start: int


class Gguf:
    """One GGUF file, version 2 or 3, little-endian; tensors are read when asked for.

    Source: the format's description, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

    Attributes:
        fields: Settings by name, such as "llama.block_count".
        tensors: Where each tensor lies, by name.

    Raises:
        WeightsError: It is no such file, or is cut off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._bytes = np.memmap(path, np.uint8, "r")
            if bytes(self._bytes[:4]) != b"GGUF":
                raise WeightsError(f"{path} is no GGUF file.")
            self._read()
        except (OSError, ValueError, IndexError, struct.error, OverflowError) as error:
            raise WeightsError(f"{path} is no GGUF file that can be read: {error}") from error

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor as float32, dequantised where it is packed; raises `WeightsError`."""
        if name not in self.tensors:
            raise WeightsError(f"{self._path} holds no tensor {name!r}.")
        shape, kind, start = self.tensors[name]
        if kind not in KINDS:
            raise WeightsError(f"{self._path}: numbers of kind {kind} are not read, only {sorted(KINDS)}.")
        numbers, size, unpack = KINDS[kind]
        whole = self._bytes[start : start + prod(shape) // numbers * size]
        if len(whole) * numbers != prod(shape) * size:
            raise WeightsError(f"{self._path} is cut off within {name!r}.")
        return unpack(whole.reshape(-1, size)).astype(np.float32).reshape(shape)

    def _read(self) -> None:
        self._at = 4
        version, tensors, fields = self._take("I"), self._take("Q"), self._take("Q")
        if version not in (2, 3):
            raise WeightsError(f"{self._path} is GGUF version {version}; 2 and 3 are read.")
        self.fields = {self._string(): self._value(self._take("I")) for _ in range(fields)}
        found = [self._entry() for _ in range(tensors)]
        step = int(self.fields.get("general.alignment", ALIGNMENT))
        base = -(-self._at // step) * step
        self.tensors = {name: Tensor(shape, kind, base + offset) for name, shape, kind, offset in found}

    def _entry(self) -> tuple[str, tuple[int, ...], int, int]:
        name, rank = self._string(), self._take("I")
        shape = tuple(self._take("Q") for _ in range(rank))[::-1]
        return name, shape, self._take("I"), self._take("Q")

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            inner, n = self._take("I"), self._take("Q")
            return [self._value(inner) for _ in range(n)]
        return self._take(SCALARS[0][kind] if kind < STRING else SCALARS[1][kind - ARRAY - 1])

    def _string(self) -> str:
        length = self._take("Q")
        self._at += length
        if self._at > len(self._bytes):
            raise ValueError("a text runs over its end")
        return self._bytes[self._at - length : self._at].tobytes().decode("utf-8")

    def _take(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self._bytes.data, self._at)
        self._at += struct.calcsize(f"<{code}")
        return value


def _q4_1(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale, lowest, 32 half bytes: the low halves are the first 16 numbers."""
    scale, lowest = (_halves(blocks[:, at : at + 2]) for at in (0, 2))
    packed = blocks[:, 4:]
    whole: NDArray[np.float32] = np.concatenate([packed & 15, packed >> 4], axis=1) * scale + lowest
    return whole


def _q8_0(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale, 32 signed bytes."""
    return np.ascontiguousarray(blocks[:, 2:]).view(np.int8) * _halves(blocks[:, :2])


def _halves(pairs: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(pairs).view("<f2").astype(np.float32)


Unpack = Callable[[NDArray[np.uint8]], NDArray[Any]]
KINDS: dict[int, tuple[int, int, Unpack]] = {  # numbers and bytes of a block, and how it is read
    0: (1, 4, lambda raw: np.ascontiguousarray(raw).view("<f4")),
    1: (1, 2, _halves),
    3: (BLOCK, 20, _q4_1),
    8: (BLOCK, 34, _q8_0),
}

"""Read a TensorFlow "tensor bundle" checkpoint with the standard library and numpy alone.

A bundle is two files: ``<prefix>.index``, a sorted string table (the LevelDB format) whose values are
small protobuf records, and ``<prefix>.data-00000-of-00001``, the raw little-endian arrays. The index is
walked by hand: footer -> index block -> data blocks -> one BundleEntryProto a tensor. One shard,
uncompressed blocks and float32 tensors are handled; anything else is refused or left out, never guessed.

Source: tensorflow/core/protobuf/tensor_bundle.proto; the LevelDB table format document.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import WeightsError

FOOTER = 48  # bytes at the end of a LevelDB table: two block handles, padding, magic number
MAGIC = 0xDB4775248B80FB57
FLOAT32 = 1  # DT_FLOAT in tensorflow/core/framework/types.proto


def load(prefix: str) -> dict[str, NDArray[np.float32]]:
    """All float32 tensors of a checkpoint, by name.

    Args:
        prefix: What stands before ".index"; it may end in "/", as musicnn's does.

    Raises:
        WeightsError: The files are absent, damaged or of a kind that is not handled.
    """
    try:
        table = Path(f"{prefix}.index").read_bytes()
        shard = Path(f"{prefix}.data-00000-of-00001").read_bytes()
        return dict(_tensors(table, shard))
    except OSError as error:
        raise WeightsError(f"The checkpoint {prefix} cannot be read: {error.strerror}.") from error
    except (ValueError, IndexError, KeyError, TypeError, struct.error) as error:
        raise WeightsError(f"{prefix}.index is no TensorFlow checkpoint, or is damaged: {error}.") from error


def _tensors(table: bytes, shard: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    footer = table[-FOOTER:]
    if len(footer) < FOOTER or struct.unpack("<Q", footer[-8:])[0] != MAGIC:
        raise ValueError("the magic number of a LevelDB table is missing")
    _, at = _handle(footer, 0)  # the first handle is the meta-index: unused
    (offset, size), _ = _handle(footer, at)
    for _, value in _block(table, offset, size):
        (start, length), _ = _handle(value, 0)
        for name, record in _block(table, start, length):
            if name:  # the empty name is the bundle's own header
                tensor = _tensor(record, shard)
                if tensor is not None:
                    yield name.decode(), tensor


def _tensor(record: bytes, shard: bytes) -> NDArray[np.float32] | None:
    """BundleEntryProto: 1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c (not used)."""
    numbers: dict[int, int] = {}
    shape: list[int] = []
    for field, value in _fields(record):
        if isinstance(value, int):
            numbers[field] = value
        elif field == 2:
            shape = [_size(dim) for number, dim in _fields(value) if number == 2 and isinstance(dim, bytes)]
    if numbers.get(1) != FLOAT32:
        return None
    return np.frombuffer(shard, "<f4", numbers.get(5, 0) // 4, numbers.get(4, 0)).reshape(shape)


def _size(dim: bytes) -> int:
    """TensorShapeProto.Dim: field 1 = size."""
    return next((value for field, value in _fields(dim) if field == 1 and isinstance(value, int)), 0)


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Key-value pairs of a block; keys share prefixes: (shared, added, value length, added bytes, value)."""
    if table[offset + size] != 0:  # the byte after a block names its compression
        raise ValueError("compressed blocks are not handled")
    block = table[offset : offset + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    end = size - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        added, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + added]
        at += added
        yield key, block[at : at + length]
        at += length


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) pairs of a protobuf message; nested messages stay bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield field, value
            continue
        if wire == 2:
            width, at = _varint(message, at)
        elif wire in (1, 5):
            width = 8 if wire == 1 else 4
        else:
            raise ValueError(f"protobuf wire type {wire} is not handled")
        yield field, message[at : at + width]
        at += width


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """A block handle: (offset, size) as two varints."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Seven bits a byte, low bits first; the high bit says that another byte follows."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at

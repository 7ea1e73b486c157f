"""The process beside a service that encodes new items, so that torch stays out of the one that answers.

It is asked on its standard input, one line of JSON a batch, and answers on standard output: eight bytes of
length, then safetensors with ``<encoder>.vectors``, ``<encoder>.present`` and ``<encoder>.source``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tastemaker.data import FeatureSet
from tastemaker.pipeline import Pipeline, load
from tastemaker.serving.late_data import late_data
from tastemaker.storage.base import Item


def serve(pipeline: Pipeline, root: Path, asked: BinaryIO, answered: BinaryIO) -> None:
    """Answer until the input ends."""
    for line in asked:
        items = [Item(**{**item, "texts": tuple(item["texts"])}) for item in json.loads(line)]
        late = late_data(items, root, pipeline.data.item_attributes)
        answer = pack(pipeline.place(late))
        answered.write(len(answer).to_bytes(8, "little") + answer)
        answered.flush()


def pack(features: FeatureSet) -> bytes:
    """Features as safetensors."""
    from safetensors.numpy import save

    arrays: dict[str, NDArray[Any]] = {}
    for name, found in features.items():
        arrays[f"{name}.vectors"], arrays[f"{name}.present"] = found.vectors, found.present
        arrays[f"{name}.source"] = np.frombuffer(found.source.encode(), np.uint8)
    return bytes(save({key: np.ascontiguousarray(value) for key, value in arrays.items()}))


def main() -> None:
    """``python -m tastemaker.serving.placer MODEL MEDIA``."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing that a library prints may come between answers
    serve(load(sys.argv[1]), Path(sys.argv[2]), sys.stdin.buffer, out)


if __name__ == "__main__":
    main()

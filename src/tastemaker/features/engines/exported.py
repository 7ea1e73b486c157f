"""A network of torch as an ONNX file in the cache folder, made once and checked, and how ONNX Runtime runs it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import TastemakerError, WeightsError, files, fingerprints, places
from tastemaker.features import engine
from tastemaker.features.engines.network import InTorch, Network, lanes_of
from tastemaker.features.onnx.session import Session, import_runtime

FORMAT = 1  # of the exported files: raise it when the same network would be exported in another way
FAR = 1e-3  # share of the largest number by which an exported network may differ from torch's


def here() -> bool:
    """Whether ONNX Runtime is installed, and the package that torch exports with (both by the extra "onnx")."""
    return all(find_spec(name) is not None for name in ("onnxruntime", "onnx"))


def folder() -> Path:
    """Where exported networks and choices lie: ``<home>/engines``."""
    return places.home() / "engines"


class InOnnx:
    """A network in ONNX Runtime; exports it where that was not done before, or where the file is damaged.

    Args:
        network: Which.
        threads: In all, see `lanes_of`.

    Raises:
        MissingExtra: onnxruntime is not installed.
        TastemakerError: It cannot be exported, or what was exported gives other vectors.
    """

    def __init__(self, network: Network, threads: int) -> None:
        import_runtime()
        self.lanes, each = lanes_of(threads)
        path = _place(network)
        try:
            self._session = Session(path, "cpu", each)
        except WeightsError:  # it is not there, or damaged
            export(network, path)
            self._session = Session(path, "cpu", each)

    def __call__(self, *given: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of one batch, (n, dim)."""
        return self._session.run(dict(zip(self._session.inputs, given, strict=True)))


def file(network: Network) -> Path:
    """The exported network, whole; made where it is not there. Raises what `InOnnx` raises."""
    InOnnx(network, 1)
    return _place(network)


def _place(network: Network) -> Path:
    return folder() / f"{network.name}-{fingerprints.of_json([network.digest(), FORMAT])[:24]}.onnx"


def export(network: Network, path: Path) -> None:
    """Write a network as ONNX, whole or not at all, and only where it gives what torch gives."""
    module, example = network.module, network.example()
    try:
        with files.replacing(path) as temporary:
            _trace(module, example, network.free, temporary)
            _compare(network, example, temporary)
    except TastemakerError:
        raise
    except Exception as error:  # the exporter raises many kinds, the disk OSError
        reason = " ".join(str(error).split())[:200]
        raise TastemakerError(
            f"{network.name!r} cannot be exported for ONNX Runtime to {path} ({reason}). Set engine = 'torch'."
        ) from error


def _trace(module: Any, example: Mapping[str, NDArray[Any]], free: tuple[int, ...], path: Path) -> None:
    torch = engine.import_torch()
    axes = {name: {axis: f"axis{axis}" for axis in (0, *free)} for name in example}
    given = tuple(torch.from_numpy(array) for array in example.values())
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # what the tracer takes as fixed; the comparison finds what should not be
        torch.onnx.export(
            module,
            given,
            str(path),
            input_names=list(example),
            output_names=["vectors"],
            dynamic_axes={**axes, "vectors": {0: "axis0"}},
            dynamo=False,
        )


def _compare(network: Network, example: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Raise where torch and the file differ, on a batch of another size than the traced one."""
    given = [array[:1] for array in example.values()]
    for axis in network.free:
        given = [array.take(range(array.shape[axis] // 2), axis) for array in given]
    ours = Session(path, "cpu", 1).run(dict(zip(example, given, strict=True)))
    torchs = InTorch(network, 1)(*given)
    far = float(np.abs(ours - torchs).max() / max(1e-6, float(np.abs(torchs).max())))
    if not far <= FAR:
        raise TastemakerError(
            f"{network.name!r} in ONNX Runtime differs from torch by {far:.1g} of the largest number; "
            f"expected at most {FAR:g}. Set engine = 'torch'."
        )

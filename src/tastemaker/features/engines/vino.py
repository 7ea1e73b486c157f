"""OpenVINO: a network in bfloat16 where the processor has it, but for its first convolutions."""

from __future__ import annotations

import importlib
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import MissingExtra
from tastemaker.features.engines import exported
from tastemaker.features.engines.network import Network, lanes_of


class InOpenvino:
    """A network of one input in OpenVINO: the first `network.exact` convolutions in float32, the rest in bfloat16.

    Rounding of what stands near the pixels reaches all that follows, so these few layers cost most of the precision.

    Args:
        network: Which; its exported file is made where it is not there.
        threads: In all, see `lanes_of`.

    Raises:
        MissingExtra: openvino, or what a network is exported with, is not installed.
        TastemakerError: It cannot be exported.
    """

    def __init__(self, network: Network, threads: int) -> None:
        vino = _import()
        self.lanes, each = lanes_of(threads)
        self._local = threading.local()
        core = vino.Core()
        parts = _parts(vino, exported.file(network), network.exact)
        how = {"NUM_STREAMS": self.lanes, "INFERENCE_NUM_THREADS": self.lanes * each, "ENABLE_CPU_PINNING": False}
        numbers = ("f32", "bf16")[-len(parts) :]
        self._compiled = [
            core.compile_model(part, "CPU", {**how, "INFERENCE_PRECISION_HINT": kind})
            for part, kind in zip(parts, numbers, strict=True)
        ]

    def __call__(self, *given: NDArray[Any]) -> NDArray[np.float32]:
        """Rows of one batch, (n, dim)."""
        found: Any = np.ascontiguousarray(given[0])
        for request in self._requests():
            found = request.infer([found], share_inputs=True)[0]
        return np.array(found, np.float32)

    def _requests(self) -> list[Any]:
        """Those of this thread: a request is for one at a time."""
        mine: list[Any] | None = getattr(self._local, "requests", None)
        if mine is None:
            mine = self._local.requests = [one.create_infer_request() for one in self._compiled]
        return mine


def _parts(vino: Any, path: Path, exact: int) -> list[Any]:
    """The network, cut before the convolution number `exact`; whole where that is 0."""
    core = vino.Core()
    whole = core.read_model(str(path))
    if not exact:
        return [whole]
    head = core.read_model(str(path))
    end = _convolutions(head)[exact].input_value(0)
    first = vino.Model([end], head.get_parameters(), "first")
    start = _convolutions(whole)[exact].input_value(0)
    given = vino.opset13.parameter(start.get_partial_shape(), np.float32)
    for reader in list(start.get_target_inputs()):
        reader.replace_source_output(given.output(0))
    return [first, vino.Model(whole.outputs, [given], "rest")]


def _convolutions(model: Any) -> list[Any]:
    return [one for one in model.get_ordered_ops() if one.get_type_name() in ("Convolution", "GroupConvolution")]


def _import() -> Any:
    for name in ("openvino", "onnx", "onnxruntime"):
        if find_spec(name) is None:
            raise MissingExtra(name, "openvino")
    return importlib.import_module("openvino")

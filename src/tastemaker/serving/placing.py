"""Asking the process that encodes new items; one that dies, or takes too long, is replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tastemaker.core import ServiceError
from tastemaker.data import Features, FeatureSet
from tastemaker.serving.late_data import plain_items
from tastemaker.storage.base import Item

LIMIT = 120.0  # seconds that a batch may take, the start of the process among them


class Placer:
    """Makes whitened vectors of new items, in a process of its own.

    Args:
        model: Folder of the saved pipeline.
        media: Folder that the items' files lie in.
    """

    def __init__(self, model: Path, media: Path) -> None:
        self._command = [sys.executable, "-m", "tastemaker.serving.placer", str(model), str(media)]
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start the process, so that the first item need not wait for it."""
        with self._lock:
            self._running()

    def place(self, items: Sequence[Item]) -> FeatureSet:
        """Whitened vectors by encoder; an encoder that found nothing to read is absent.

        Raises:
            ServiceError: the process died, took longer than it may, or was ended for good.
        """
        with self._lock:
            process = self._running()
            clock = threading.Timer(LIMIT, process.kill)
            clock.start()
            try:
                return self._asked(process, items)
            except (OSError, ValueError, EOFError) as error:
                self._end()
                raise ServiceError(
                    f"{len(items)} new items could not be encoded: {error or 'the process died'}"
                ) from error
            finally:
                clock.cancel()

    def close(self) -> None:
        """End the process for good; whoever waits for it hears of it at once."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()

    def _asked(self, process: subprocess.Popen[bytes], items: Sequence[Item]) -> FeatureSet:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(json.dumps(plain_items(items)).encode() + b"\n")
        process.stdin.flush()
        head = process.stdout.read(8)
        length = int.from_bytes(head, "little")
        body = process.stdout.read(length) if len(head) == 8 else b""
        if len(head) < 8 or len(body) < length:
            raise EOFError
        return unpack(body)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._closed:
            raise ServiceError("The version that would encode it is served no more. Ask again.")
        if self._process is None or self._process.poll() is not None:
            self._end()
            environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def unpack(body: bytes) -> FeatureSet:
    """What the process packed; raises `ValueError` where it is no safetensors."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(body)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    names = [key.removesuffix(".vectors") for key in arrays if key.endswith(".vectors")]
    return {
        name: Features(
            cast(Any, arrays[f"{name}.source"].tobytes().decode()),
            arrays[f"{name}.vectors"],
            arrays[f"{name}.present"].astype(bool),
        )
        for name in names
    }

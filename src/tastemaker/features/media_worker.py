"""The process that opens media: reads requests, decodes, answers; it may be killed at any time.

It is started with its limits as JSON in the first argument and says ``{"ready": true}``. A request is a line of
JSON: path, root, kind (as of a `Job`), size (side in pixels, or rate in Hz), long, of video frames and rate.
An answer is a line of JSON, either ``{"error": reason}`` or ``{"parts": [{"dtype", "shape", "bytes"}, ...]}`` followed
by the bytes of each part: one array, or the frames and the sound of a video.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tastemaker.features.media_file import Limits, Refused, open_media


def main() -> None:
    """Answer requests until standard input ends."""
    limits = Limits(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a decoder prints must not mix with the answers
    _limit_memory(limits)
    _send(answers, {"ready": True})
    for line in sys.stdin.buffer:
        _limit_time(limits)
        answer(json.loads(line), limits, answers)


def answer(request: dict[str, Any], limits: Limits, answers: BinaryIO) -> None:
    """Decode one file and write the answer; a file that cannot be taken is an answer too."""
    try:
        decoded = decode(request, limits)
        arrays = [np.ascontiguousarray(part) for part in (decoded if isinstance(decoded, tuple) else (decoded,))]
        data = b"".join(array.tobytes() for array in arrays)
    except Refused as error:
        return _send(answers, {"error": str(error)})
    except MemoryError:
        return _send(answers, {"error": f"it needs more than {limits.memory >> 20} MiB of memory"})
    except Exception as error:  # decoders raise anything on damaged files
        reason = " ".join(f"{error}".split())[:200] or type(error).__name__
        return _send(answers, {"error": f"it cannot be decoded ({reason})"})
    parts = [{"dtype": str(array.dtype), "shape": array.shape, "bytes": array.nbytes} for array in arrays]
    return _send(answers, {"parts": parts}, data)


def decode(request: dict[str, Any], limits: Limits) -> NDArray[Any] | tuple[NDArray[Any], ...]:
    """The picture (uint8 RGB, (h, w, 3)), sound (float32 mono), `Clip` or head of one request; raises `Refused`."""
    root = None if request["root"] is None else Path(request["root"])
    with open_media(Path(request["path"]), root, limits) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _decoded(request, file, limits)


def _decoded(request: dict[str, Any], file: BinaryIO, limits: Limits) -> NDArray[Any] | tuple[NDArray[Any], ...]:
    from tastemaker.features.media_audio import decode_sound, sound_length
    from tastemaker.features.media_image import LONG, decode_image, image_size
    from tastemaker.features.media_video import Wanted, decode_video

    kind, size = request["kind"], int(request["size"])
    if kind == "video":
        return decode_video(file, Wanted(int(request["frames"]), size, int(request["rate"])), limits)
    if kind == "image":
        return decode_image(file, size, limits, int(request.get("long", LONG)))
    if kind == "audio":
        return decode_sound(file, size, limits)
    return image_size(file, limits) if kind == "image head" else sound_length(file, limits)


def _limit_memory(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # not on this system: the parent's clock still guards
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = limits.memory if hard == resource.RLIM_INFINITY else min(limits.memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _limit_time(limits: Limits) -> None:
    """Processor time of the next file: ends a decoder that runs on after its parent was killed."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime + limits.wall) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _send(answers: BinaryIO, head: dict[str, Any], data: bytes = b"") -> None:
    whole = memoryview(json.dumps(head).encode() + b"\n" + data)
    while whole:
        whole = whole[answers.write(whole) or 0 :]


if __name__ == "__main__":
    main()

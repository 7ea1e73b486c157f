"""Texts and pictures for an ONNX file: its inputs, found by name and shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, MissingExtra, WeightsError
from tastemaker.features import engine
from tastemaker.features.onnx.session import Session, pool
from tastemaker.features.text.chunks import Chunked, cut, padded

SIZE = 224  # pixels of a side, where neither the file nor the setting says


@dataclass(frozen=True)
class How:
    """Settings of a run.

    Attributes:
        pooling: As the encoder's setting.
        normalise: Scale vectors to length 1.
        device: "auto", "cpu" or "cuda".
        threads: Threads of the session; 0 leaves the number to onnxruntime.
        max_length: Tokens of a chunk of a text.
        chunks: Chunks of a text.
        prefix: Written before each text.
        size: Pixels of a picture's side; 0 takes what the file says.
        mean: Of red, green and blue, taken away.
        deviation: Of red, green and blue, divided by.
    """

    pooling: str = "auto"
    normalise: bool = True
    device: str = "auto"
    threads: int = 0
    max_length: int = 256
    chunks: int = 4
    prefix: str = ""
    size: int = 0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)


class TextRunner:
    """A text model with the tokenizer.json that lies beside it.

    Args:
        path: The ONNX file.
        how: Settings.

    Raises:
        WeightsError: There is no tokenizer.json, or the file wants inputs that are not known.
    """

    def __init__(self, path: Path, how: How) -> None:
        self._session = Session(path, how.device, how.threads)
        self._how = how
        strange = set(self._session.inputs) - {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
        if strange or "input_ids" not in self._session.inputs:
            raise WeightsError(
                f"{path} wants {', '.join(self._session.inputs)}; a text model has input_ids and may have "
                "attention_mask, token_type_ids and position_ids."
            )
        self._width = _fixed(self._session.inputs["input_ids"], 1)
        self._tokenizer = _tokenizer(path, min(how.max_length, self._width or how.max_length))

    def encode(self, texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        """Encode n texts as float32 of shape (n, dim)."""
        found = self._tokenizer.encode_batch([self._how.prefix + text for text in texts])
        chunked = Chunked([cut(encoded, self._how.chunks) for encoded in found])
        most = self._session.most or batch
        return chunked.mean(engine.in_batches(chunked.tokens, most, self._forward, sizes=chunked.sizes))

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        rows = [*tokens, *[[0]] * max(0, self._session.most - len(tokens))]
        ids, mask = padded(rows, self._width)
        places = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids), "position_ids": places}
        hidden = self._session.run(given)
        over = mask if hidden.shape[:2] == mask.shape else None
        return pool(hidden, over, self._how.pooling, normalise=self._how.normalise)[: len(tokens)]


class PictureRunner:
    """A vision model with one input of three channels, channels first or last.

    Args:
        path: The ONNX file.
        how: Settings.

    Raises:
        WeightsError: It takes something else.
    """

    def __init__(self, path: Path, how: How) -> None:
        self._session = Session(path, how.device, how.threads)
        self._how = how
        shapes = list(self._session.inputs.items())
        if len(shapes) != 1 or len(shapes[0][1]) != 4:
            raise WeightsError(f"{path} wants {dict(shapes)}; an image model has one input of 4 axes.")
        self._name, shape = shapes[0]
        self._last = shape[3] == 3 and shape[1] != 3
        said = _fixed(shape, 1 if self._last else 2)
        if said and how.size and said != how.size:
            raise BadSetting(f"{path} takes pictures of {said} pixels; leave out size = {how.size}.")
        self.size = said or how.size or SIZE

    def encode(self, pictures: Sequence[NDArray[np.uint8]], batch: int) -> NDArray[np.float32]:
        """Encode n pictures (uint8 RGB) as float32 of shape (n, dim)."""
        return engine.in_batches(pictures, self._session.most or batch, self._forward)

    def _forward(self, pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        made = [_square(picture, self.size) for picture in pictures]
        made += [made[0]] * max(0, self._session.most - len(made))
        mean, deviation = (np.array(found, np.float32) for found in (self._how.mean, self._how.deviation))
        pixels = (np.stack(made).astype(np.float32) / 255 - mean) / deviation
        hidden = self._session.run({self._name: pixels if self._last else pixels.transpose(0, 3, 1, 2)})
        return pool(hidden, None, self._how.pooling, normalise=self._how.normalise)[: len(pictures)]


def _fixed(shape: Sequence[Any], axis: int) -> int:
    """Length of an axis; 0 where it is free."""
    return int(shape[axis]) if len(shape) > axis and isinstance(shape[axis], int) and shape[axis] > 0 else 0


def _square(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The middle of a picture, its short side brought to `size` pixels."""
    from PIL import Image

    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    box = (left, top, left + short, top + short)
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC, box=box))


def _tokenizer(path: Path, max_length: int) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("tokenizers", "onnx") from error
    place = path.parent / "tokenizer.json"
    if not place.is_file():
        raise WeightsError(f"{path.parent} holds no tokenizer.json. Put the model's tokenizer beside {path.name}.")
    try:
        tokenizer = Tokenizer.from_file(str(place))
    except Exception as error:  # the library raises plain exceptions
        raise WeightsError(f"{place} is no tokenizer: {error}") from error
    tokenizer.enable_truncation(max_length)
    tokenizer.no_padding()
    return tokenizer

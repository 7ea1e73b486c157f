"""JSON as compact text: what columns with lists and mappings hold."""

from __future__ import annotations

import json
from typing import Any

from tastemaker.core.errors import DataError

try:
    import orjson
except ImportError:  # it comes with the extra `serve`

    def _text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def loads(text: str) -> Any:
        """The value that a text says."""
        return json.loads(text)

else:

    def _text(value: Any) -> str:
        return orjson.dumps(value).decode()

    def loads(text: str) -> Any:
        """The value that a text says."""
        return orjson.loads(text)


def dumps(value: Any) -> str:
    """Compact JSON; raises `DataError` for what JSON cannot say."""
    try:
        return _text(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"{str(value)[:80]!r} cannot be kept: {error}; expected a value of JSON.") from error

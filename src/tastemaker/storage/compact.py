"""JSON as compact text: what columns with lists and mappings hold."""

from __future__ import annotations

import json
from typing import Any

try:
    import orjson
except ImportError:  # it comes with the extra `serve`

    def dumps(value: Any) -> str:
        """Compact JSON; raises `TypeError` or `ValueError` for what JSON cannot say."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def loads(text: str) -> Any:
        """The value that a text says."""
        return json.loads(text)

else:

    def dumps(value: Any) -> str:
        """Compact JSON; raises `TypeError` for what JSON cannot say."""
        return orjson.dumps(value).decode()

    def loads(text: str) -> Any:
        """The value that a text says."""
        return orjson.loads(text)

"""Where tastemaker keeps what it can make or fetch again."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """``$TASTEMAKER_HOME``, else ``$XDG_CACHE_HOME/tastemaker``, else ``~/.cache/tastemaker``."""
    named = os.environ.get("TASTEMAKER_HOME")
    if named:
        return Path(named).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "tastemaker"

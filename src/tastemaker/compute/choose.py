"""An executor by its name."""

from __future__ import annotations

import re

from tastemaker.compute.base import Executor
from tastemaker.core.errors import BadSetting
from tastemaker.core.threads import cores

KNOWN = "local, ray, ray://HOST:PORT"
ADDRESS = re.compile(r"ray://[^\s/:]+:\d{1,5}")
MOST = 4096  # workers


def executor(name: str = "local", workers: int = 0) -> Executor:
    """The executor that is called so.

    Args:
        name: "local" for processes of this machine, "ray" for the cluster of RAY_ADDRESS or of this machine,
            "ray://host:port" for another one.
        workers: Processes; 0 for one a core.

    Raises:
        BadSetting: There is no such executor, or `workers` is out of range.
    """
    if not 0 <= workers <= MOST:
        raise BadSetting(f"{workers} workers cannot be had. Give 1 to {MOST}, or 0 for one a core.")
    if name == "local":
        from tastemaker.compute.local import LocalExecutor

        return LocalExecutor(workers or cores())
    if name == "ray" or ADDRESS.fullmatch(name):
        from tastemaker.compute.ray import RayExecutor

        return RayExecutor("" if name == "ray" else name, workers)
    raise BadSetting(f"There is no executor called {name!r}. Known: {KNOWN}.")

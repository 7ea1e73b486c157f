"""Work on a Ray cluster: actors that hold the work, on any of its nodes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from tastemaker.compute.base import Lost, P, R, alone, answer, taken
from tastemaker.compute.crew import Crew
from tastemaker.core.errors import MissingExtra, ServiceError


@dataclass(frozen=True)
class RayExecutor:
    """Runs work in actors of a Ray cluster; every node has this version of tastemaker and the weights installed.

    An actor reserves one core. One that is lost, with its node or alone, is replaced on any node that has a free core;
    where none has, the other actors do its parts. Parts and results travel over the net.

    Attributes:
        address: ``ray://host:port`` of a cluster; "" takes that of the variable RAY_ADDRESS, else a cluster that
            runs on this machine, else starts one here for the time of the work.
        workers: Actors at most; 0 for one a core of the cluster.
    """

    address: str = ""
    workers: int = 0

    def map(
        self, work: Callable[[P], R], parts: Iterable[P], done: Callable[[int, R], None] | None = None
    ) -> Iterator[R]:
        """As `Executor.map` says."""
        with connected(self.address) as ray:
            count = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            holder = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Holder)
            held = ray.put(work)
            yield from Crew(lambda: Actor(ray, holder.remote(held)), count, done).map(parts)


class Holder:
    """What runs on a node: one copy of the work."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        alone()
        self._work = work

    def ready(self) -> bool:
        """An answer."""
        return True

    def ask(self, part: Any) -> tuple[bool, Any]:
        """The answer to a part."""
        return answer(self._work, part)


class Actor:
    """An actor of the cluster as a worker."""

    def __init__(self, ray: Any, handle: Any) -> None:
        self._ray, self._handle = ray, handle

    def ready(self) -> None:
        """Wait until a node has taken it; raises `Lost`."""
        self._got(lambda: self._handle.ready.remote())

    def ask(self, part: Any) -> Any:
        """The result of a part; raises `Failed` or `Lost`."""
        return taken(self._got(lambda: self._handle.ask.remote(part)))

    def kill(self) -> None:
        """End its process."""
        try:
            self._ray.kill(self._handle)
        except (self._ray.exceptions.RayError, ConnectionError, ValueError):  # it is gone, or the cluster is
            return

    def _got(self, call: Callable[[], Any]) -> Any:
        try:
            return self._ray.get(call())
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise Lost(" ".join(lines[:1] + lines[-1:][: len(lines) - 1])) from error


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """The module ray, connected; what was connected before stays so.

    Raises:
        MissingExtra: ray is not installed.
        ServiceError: There is no cluster at `address`, or it cannot be used.
    """
    if find_spec("ray") is None:
        raise MissingExtra("ray", "ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that is started here tells nobody
    import ray

    if ray.is_initialized():
        yield ray
        return
    try:
        ray.init(address=address or None, log_to_driver=False, logging_level="error")
    except (OSError, RuntimeError, ValueError, ImportError) as error:  # ConnectionError is an OSError
        raise ServiceError(f"The Ray cluster {address or 'here'} cannot be used: {error}") from error
    try:
        yield ray
    finally:
        ray.shutdown()

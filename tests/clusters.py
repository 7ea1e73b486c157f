"""A real Ray cluster of two nodes on this machine."""

import os
import sys
import warnings
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from house.source import ROOT

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: pip install 'tastemaker[ray]'")
STORE = 80_000_000  # bytes of a node's object store, about the smallest that Ray takes


@contextmanager
def two_nodes():
    """Two nodes with a core each; this process is connected to them inside the block."""
    import ray
    from ray.cluster_utils import Cluster

    before = dict(os.environ)
    paths = [str(ROOT / "src"), str(ROOT / "tests")]  # what nodes have installed, and the works of the tests
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, *(p for p in sys.path if p)])
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONWARNINGS": "ignore"}
    cluster = Cluster()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(2):
                cluster.add_node(num_cpus=1, include_dashboard=False, object_store_memory=STORE)
            ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()
        os.environ.clear()
        os.environ.update(before)

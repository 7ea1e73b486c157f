from threadpoolctl import threadpool_info

from tastemaker.core.threads import limit_threads


def test_threads_are_limited_inside_the_block():
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    with limit_threads(1):
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())
    with limit_threads(0):
        pass

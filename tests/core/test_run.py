import numpy as np

from tastemaker.core import Run, generator


def test_a_silent_run_passes_work_on():
    assert list(Run().progress([1, 2], "counting")) == [1, 2]


def test_a_bar_passes_work_on(capsys):
    assert list(Run(bars=True).progress([1, 2], "counting")) == [1, 2]


def test_draws_for_one_purpose_do_not_shift_those_for_another():
    first = generator(0, "a").random(3)
    generator(0, "b").random(10)
    np.testing.assert_array_equal(generator(0, "a").random(3), first)
    assert not np.array_equal(generator(0, "b").random(3), first)
    assert not np.array_equal(generator(1, "a").random(3), first)

import numpy as np
import pytest

from tastemaker.core import arrays
from tastemaker.core.arrays import release, zeros


@pytest.fixture
def mapped(monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 1)


def on_disk(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array is not None


def test_large_arrays_lie_on_the_disk_and_leave_nothing(tmp_path, mapped):
    array = zeros(1000, 7, tmp_path)
    assert on_disk(array)
    assert array.shape == (1000, 7)
    assert not array.any()
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_when_the_memory_was_let_go(tmp_path, mapped):
    array = zeros(1000, 7, tmp_path)
    array[:] = np.arange(7000).reshape(1000, 7)
    release(array)
    part = array[10:20]
    release(part)
    np.testing.assert_array_equal(part.ravel(), np.arange(70, 140))


def test_small_arrays_and_those_without_a_place_lie_in_memory(tmp_path, monkeypatch):
    assert not on_disk(zeros(10, 3, tmp_path))
    monkeypatch.setattr(arrays, "LARGE", 1)
    assert zeros(0, 3, tmp_path).shape == (0, 3)
    assert on_disk(zeros(10, 3, tmp_path / "absent"))
    assert arrays._mapped(1 << 62, tmp_path) is None, "no room"
    release(np.zeros(3))

import numpy as np

from tastemaker.data import Features
from tastemaker.features.vectors import Vectors


def ready(values, present=None):
    vectors = np.array(values, np.float32)
    return Features("vectors", vectors, np.ones(len(vectors), bool) if present is None else np.array(present))


def test_one_set_is_called_vectors_and_several_keep_their_names():
    assert list(Vectors().named({"clip": ready([[1, 2]])})) == ["vectors"]
    assert list(Vectors().named({"a": ready([[1]]), "b": ready([[1]])})) == ["vectors:a", "vectors:b"]
    assert Vectors().named({}) == {}


def test_vectors_are_taken_as_they_are():
    found = Vectors().named({"clip": ready([[1, -2], [3, 4]])})["vectors"]
    np.testing.assert_array_equal(found.vectors, [[1, -2], [3, 4]])
    assert found.source == "vectors"
    assert found.vectors.dtype == np.float32


def test_rows_that_are_no_numbers_are_absent_and_zero():
    found = Vectors().named({"clip": ready([[1, np.nan], [np.inf, 0], [1, 1], [9, 9]], [1, 1, 1, 0])})["vectors"]
    np.testing.assert_array_equal(found.vectors, [[0, 0], [0, 0], [1, 1], [0, 0]])
    assert found.present.tolist() == [False, False, True, False]


def test_the_data_is_not_changed():
    given = {"clip": ready([[np.nan, 1]])}
    Vectors().named(given)
    assert np.isnan(given["clip"].vectors[0, 0])


def test_encoding_stacks_rows():
    assert Vectors().encode([[1, 2], np.array([3, 4])]).tolist() == [[1, 2], [3, 4]]
    assert Vectors().encode([]).shape == (0, 0)
    assert Vectors().fingerprint() == Vectors().fingerprint()

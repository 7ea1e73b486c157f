import numpy as np
import pytest

from tastemaker.core import arrays
from tastemaker.features import rows as rows_module
from tastemaker.features.rows import Known, Rows


@pytest.fixture(params=["memory", "disk"])
def place(request, monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", {"memory": 1 << 40, "disk": 1}[request.param])
    monkeypatch.setattr(rows_module, "BLOCK", 7)


def drawn(n, dim=5):
    return dict(zip(map(str, range(n)), np.random.default_rng(0).normal(size=(n, dim)).astype(np.float32), strict=True))


def test_an_item_has_the_mean_of_its_contents_to_the_last_bit(place, tmp_path):
    vectors, rng = drawn(40), np.random.default_rng(1)
    keys = [tuple(map(str, rng.integers(0, 45, rng.integers(0, 5)))) for _ in range(100)]
    rows = Rows([str(n) for n in range(45)], tmp_path)
    rows.put(vectors)
    out, present = rows.gathered(keys, 5)
    for mine, row, there in zip(keys, out, present, strict=True):
        good = [vectors[key] for key in mine if key in vectors]
        assert there == bool(good)
        expected = np.mean(good, axis=0) if good else np.zeros(5, np.float32)
        assert row.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["known", "rows"])
def test_vectors_of_another_width_are_forgotten(place, tmp_path, kind):
    rows = Known(list("abcd")) if kind == "known" else Rows(list("abcd"), tmp_path)
    rows.put({"a": np.ones(3, np.float32), "b": np.ones(2, np.float32), "c": np.ones(3, np.float32)})
    rows.settle()
    assert [key in rows for key in "abcdx"] == [True, False, True, False, False]
    assert len(rows) == 2
    if isinstance(rows, Rows):
        assert rows.gathered([("a", "b"), ("d",)], 9)[0].tolist() == [[1, 1, 1], [0, 0, 0]]


def test_without_any_vector_the_encoder_says_how_wide_they_are(place, tmp_path):
    out, present = Rows([], tmp_path).gathered([(), ()], 4)
    assert out.shape == (2, 4)
    assert not present.any()

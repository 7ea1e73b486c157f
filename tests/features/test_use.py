"""The multilingual sentence encoder: equal meanings lie close across languages."""

import numpy as np
import pytest

from tastemaker.core import MissingExtra, WeightsError
from tastemaker.features.text.use import USE

try:
    USE().fingerprint()
except (WeightsError, MissingExtra) as error:
    pytest.skip(f"weights not pulled: {error}", allow_module_level=True)


@pytest.fixture(scope="module")
def use():
    return USE()


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("无线降噪耳机", "bluetooth noise cancelling headphones", "意大利菜谱"),
        ("我喜欢这首钢琴曲", "I love this piano music", "股市今天大跌"),
        ("how to train a puppy", "dog training guide", "stock market crash"),
    ],
)
def test_a_translation_lies_closer_than_another_subject(use, text, near, far):
    one, close, other = use.encode([text, near, far])
    assert one @ close > 0.5
    assert one @ other < 0.2


def test_rows_have_length_one_and_long_texts_are_cut(use):
    vectors = use.encode(["word " * 5000, "word " * 6000, "short"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)

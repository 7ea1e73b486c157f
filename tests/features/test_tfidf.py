"""Hashed words: pure, language-blind, and close to the words' own cosine."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.features.text.tfidf import TfIdf, tokens


def test_words_are_folded_and_scripts_without_spaces_split():
    assert list(tokens("The Cowboy's DOLL, １９９５!")) == ["the", "cowboy's", "doll", "1995"]
    assert list(tokens("无线ABC耳机")) == ["无", "线", "abc", "耳", "机"]
    assert list(tokens("музыка_и café")) == ["музыка", "и", "café"]


def test_function_words_say_nothing():
    encoder = TfIdf()
    np.testing.assert_array_equal(encoder.encode(["the of and"]), np.zeros((1, encoder.dim)))
    assert encoder.encode(["the piano"])[0] @ encoder.encode(["a piano"])[0] == pytest.approx(1)


def test_a_term_counts_one_plus_the_logarithm():
    one, often = TfIdf(pairs=0).encode(["piano guitar", "piano piano piano guitar"])
    tf = 1 + math.log(3)
    assert one @ often == pytest.approx((tf + 1) / math.sqrt(2 * (tf**2 + 1)), abs=1e-6)


def test_pairs_tell_order_apart():
    ab, ba = TfIdf().encode(["piano concert", "concert piano"])
    assert ab @ ba < 0.999
    ab, ba = TfIdf(pairs=0).encode(["piano concert", "concert piano"])
    assert ab @ ba == pytest.approx(1, abs=1e-6)


def test_chinese_texts_that_share_characters_lie_closer():
    vectors = TfIdf().encode(["无线降噪耳机", "降噪耳机", "意大利菜谱"])
    assert vectors[0] @ vectors[1] > 0.6
    assert abs(vectors[0] @ vectors[2]) < 0.2


def test_hashing_keeps_cosines_roughly():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(3000)]
    texts = [" ".join(rng.choice(words, 40)) for _ in range(60)]
    exact, hashed = TfIdf(dim=65536).encode(texts), TfIdf().encode(texts)
    assert np.abs(exact @ exact.T - hashed @ hashed.T).mean() < 0.02


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6), st.text(max_size=60))
def test_a_text_does_not_depend_on_its_company(company, text):
    encoder = TfIdf(dim=64)
    together = encoder.encode([*company, text])
    np.testing.assert_array_equal(together[-1], encoder.encode([text])[0])
    norms = np.linalg.norm(together, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-5) | (norms == 0))


def test_many_texts_are_hashed_in_blocks():
    texts = [f"word{i} text" for i in range(1500)]
    vectors = TfIdf(dim=64).encode(texts)
    np.testing.assert_array_equal(vectors[1400], TfIdf(dim=64).encode([texts[1400]])[0])

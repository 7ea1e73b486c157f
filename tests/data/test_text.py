"""Text made plain."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.data.text import plain_text


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("<p>Tom &amp; <b>Jerry</b><br/>again</p>", "Tom & Jerry again"),
        ("x < y and <3 but y > z", "x < y and <3 but y > z"),
        ("List<String> of <unk>", "List<String> of <unk>"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        ("a<script>alert('x')</script>b<style>p{}</style>c", "a b c"),
        ("seen <!-- hidden --> and <!-- never closed", "seen and"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\x00b\x07c\u200bd\ufeff", "abcd"),
        ("  many \t\n blanks\u00a0here ", "many blanks here"),
        ("<a href='x' title=\"y\">link</a>", "link"),
        ("\u4e2d\u6587 &#20013;", "\u4e2d\u6587 \u4e2d"),
        ("", ""),
    ],
)
def test_markup_entities_controls_and_blanks(raw, plain):
    assert plain_text(raw) == plain


@given(st.text(alphabet=st.sampled_from("<>/&;#ab pltgmx1\u0301\u00e9 \n\x00!-"), max_size=60))
def test_twice_is_once(text):
    once = plain_text(text)
    assert plain_text(once) == once


@pytest.mark.parametrize("part", ["<p>", "<a ", "<", "<!--", "<script>", "<style></script>", "&amp;", "&amp"])
def test_hostile_text_takes_no_time(part):
    start = time.perf_counter()
    plain_text(part * (200_000 // len(part)))
    assert time.perf_counter() - start < 2

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tastemaker.data.twins import _words


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_words_are_those_of_the_pattern_however_they_are_found(text):
    said = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    assert _words(text).decode("utf-8", "surrogatepass").split(" ") == (said or [""])

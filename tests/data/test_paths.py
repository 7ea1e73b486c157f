import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.core import DataError
from tastemaker.data.paths import inside

REFUSED = {
    "": "empty",
    "  ": "empty",
    "https://example.org/a.png": "URL",
    "ftp://example.org/a.png": "URL",
    "HTTP:a.png": "URL",
    "file:///etc/passwd": "URL",
    "data:image/png;base64,iVBORw0KGgo=": "URL",
    "s3://bucket/a.png": "URL",
    "/etc/passwd": "absolute",
    "~/a.png": "absolute",
    "C:\\pictures\\a.png": "absolute",
    "C:/pictures/a.png": "absolute",
    "\\\\server\\share\\a.png": "absolute",
    "../a.png": "'..'",
    "images/../../a.png": "'..'",
    "images\\..\\a.png": "'..'",
    "a\0.png": "NUL",
    "x" * 300 + ".png": "255 bytes",
    "ä" * 128: "255 bytes",
    "a/" * 600 + "b.png": "1024 characters",
}


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: repr(name[:20]))
def test_what_leads_elsewhere_is_refused_with_the_reason(tmp_path, name):
    with pytest.raises(DataError, match=REFUSED[name]):
        inside(tmp_path, name)


@pytest.mark.parametrize(
    "name", ["a.png", "images/a.png", "a..b.png", "...", "Movie: a film, 1995.png", "é ü.jpg", "./a"]
)
def test_what_lies_inside_is_taken(tmp_path, name):
    assert inside(tmp_path, name) == tmp_path / name


@given(st.text(max_size=40))
def test_whatever_the_text_it_is_refused_or_inside(tmp_path_factory, text):
    root = tmp_path_factory.getbasetemp()
    try:
        found = inside(root, text)
    except DataError:
        return
    assert found.is_relative_to(root)
    assert ".." not in found.parts

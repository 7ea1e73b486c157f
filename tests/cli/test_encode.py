"""`tastemaker encode`: a receipt, a second call that has nothing to do, and errors of one line."""

import re
from importlib.util import find_spec

import pytest

from clusters import needs_ray, two_nodes
from shop import call, call_json, write_shop


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    return write_shop(tmp_path / "shop", items=300)


def test_the_receipt(capsys, shop):
    code, out, err = call(capsys, "encode", shop, "--workers", "2", "--quiet")
    assert (code, err) == (0, "")
    assert re.search(r"^tfidf: 300 encoded, \d+\.\d s$", out, re.M)
    assert "attributes: read from the table each time, nothing to keep" in out
    again = call_json(capsys, "encode", shop)
    assert again["encoders"]["tfidf"]["cached"] == 300
    assert (again["encoders"]["tfidf"]["encoded"], again["tables"]) == (0, ["attributes"])
    exported = call_json(capsys, "export", shop, "--features", shop / "vectors")
    assert exported["counts"]["tfidf"]["cached"] == 300, "other commands take what was encoded"


@needs_ray
def test_on_a_cluster(capsys, shop):
    with two_nodes():
        answer = call_json(capsys, "encode", shop, "--executor", "ray")
    assert (answer["encoders"]["tfidf"]["encoded"], answer["encoders"]["tfidf"]["parts"]) == (300, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--executor", "rey"], "There is no executor called 'rey'. Known: local, ray, ray://HOST:PORT."),
        (["--workers", "-2"], "-2 workers cannot be had"),
        (["--config", "none.toml"], "There is no settings file none.toml"),
    ],
)
def test_bad_input_is_one_line(capsys, shop, words, said):
    code, out, err = call(capsys, "encode", shop, *words, "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert not (shop.parent / "home").exists()


@pytest.mark.skipif(find_spec("ray") is not None, reason="ray is installed")
def test_without_ray_it_says_what_to_install(capsys, shop):
    code, _, err = call(capsys, "encode", shop, "--executor", "ray", "--quiet")
    assert code == 2
    assert "error: ray is not installed. Try: pip install 'tastemaker[ray]'" in err

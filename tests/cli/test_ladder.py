"""ladder through the command line, on a small shop: every encoder alone, costs beside figures, refusals."""

import json

import pytest

from shop import call_json, write_shop
from tastemaker.cli.main import main


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("data") / "shop")


def test_each_encoder_is_the_only_content_and_has_a_price(capsys, shop, tmp_path):
    out = tmp_path / "l"
    asked = ("--encoders", "attributes,tfidf,efficientnet", "--split", "random")
    found = call_json(capsys, "ladder", shop, *asked, "--out", out)
    assert [rung["name"] for rung in found["encoders"]] == ["attributes", "tfidf"]
    assert "efficientnet" in found["failed"]
    attributes, tfidf = found["encoders"]
    assert attributes["change"] is None
    assert tfidf["change"]["mean"] == pytest.approx(tfidf["ndcg"]["mean"] - attributes["ndcg"]["mean"])
    assert tfidf["ndcg"]["mean"] > attributes["ndcg"]["mean"]  # texts tell the topic
    assert tfidf["seconds"] > 0
    assert json.loads((out / "ladder.json").read_text()) == found
    page = (out / "ladder.html").read_text()
    assert page.count("<svg") == 2
    assert "<script" not in page


@pytest.mark.parametrize("wrong", [("--encoders", "tfdif"), ("--encoders", "efficientnet"), ("--model", "contnt")])
def test_what_cannot_be_tried_is_an_error_of_one_line(capsys, shop, tmp_path, wrong):
    assert main(["ladder", str(shop), *wrong, "--out", str(tmp_path / "l"), "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("error: ")

"""robustness through the command line, on a small shop: whole, resumable, refusing what it cannot do."""

import json

import pytest

from shop import call, call_json, write_shop
from tastemaker.cli.main import main

ASKED = ("--models", "content,popular", "--harms", "sources,missing,wrong,pushed,short", "--split", "random")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("data") / "shop")


@pytest.fixture(scope="module")
def out(shop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("harmed") / "r"
    assert main(["robustness", str(shop), *ASKED, "--out", str(folder), "--quiet"]) == 0
    return folder


def test_each_harm_has_a_curve_for_each_model(out):
    found = json.loads((out / "robustness.json").read_text())
    curves = {(c["model"], c["harm"]): c["doses"] for c in found["curves"]}
    assert {harm for _, harm in curves} >= {"missing-text", "wrong-text", "pushed", "short"}
    for doses in curves.values():
        assert doses[0]["change"] is None
        assert doses[0]["kept"] == 1
        for dose in doses[1:]:
            assert dose["change"]["low"] <= dose["change"]["mean"] <= dose["change"]["high"]
    popular = curves["popular", "missing-text"]
    assert {dose["ndcg"]["mean"] for dose in popular} == {popular[0]["ndcg"]["mean"]}
    page = (out / "robustness.html").read_text()
    assert "<svg" in page
    assert "<script" not in page
    assert "What each source gives" in page
    assert curves["content", "without-text"][-1]["kept"] < 0.9
    assert [dose["dose"] for dose in curves["content", "without-text"]] == [0, 1]


def test_the_same_command_does_nothing_twice(capsys, out, shop):
    work = {path: path.stat().st_mtime_ns for path in (out / "work").rglob("*.json")}
    before = json.loads((out / "robustness.json").read_text())
    assert call_json(capsys, "robustness", shop, *ASKED, "--out", out) == before
    assert all(path.stat().st_mtime_ns == at for path, at in work.items())
    _, text, _ = call(capsys, "robustness", shop, *ASKED, "--out", out)
    assert text.startswith("content: what each source gives\n  all sources together  ")
    assert "\n  without text          " in text


@pytest.mark.parametrize("wrong", [("--harms", "rain"), ("--models", "contnt")])
def test_what_is_not_there_is_an_error_of_one_line(capsys, shop, tmp_path, wrong):
    assert main(["robustness", str(shop), *wrong, "--out", str(tmp_path / "r"), "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("error: ")

"""tune and compare through the command line, on a small shop: whole, resumable, equal for equal seeds."""

import json

import pytest

from shop import call, call_json, write_shop

pytest.importorskip("optuna")
ASKED = ("--models", "popular,item_knn,content", "--split", "random", "--seeds", "2", "--trials", "3")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("data") / "shop")


@pytest.fixture(scope="module")
def out(shop, tmp_path_factory):
    from tastemaker.cli.main import main

    folder = tmp_path_factory.mktemp("compared") / "c"
    assert main(["compare", str(shop), *ASKED, "--out", str(folder), "--quiet"]) == 0
    return folder


def _figures(board):
    """All that must not depend on the machine's speed."""
    timed = ("fit_seconds", "answer_ms", "memory", "tuning_seconds", "energy")
    entries = [{k: v for k, v in entry.items() if k not in timed} for entry in board["entries"]]
    return entries, board["differences"], board["baseline"]


def test_the_three_files_say_the_same(out):
    board = json.loads((out / "compare.json").read_text())
    page, text = (out / "compare.html").read_text(), (out / "compare.md").read_text()
    assert {e["name"] for e in board["entries"]} == {"popular", "item_knn", "content"}
    assert board["baseline"] in ("popular", "item_knn")
    for entry in board["entries"]:
        found = f"{entry['report']['measures']['ndcg']['mean']:.4f}"
        assert found in page
        assert found in text
        assert entry["trials"] == 3
        assert entry["validation"] >= entry["default"]
        assert entry["stability"] == 1.0
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    content = next(e for e in board["entries"] if e["name"] == "content")
    assert len(content["stress"]) == 3
    assert "tastemaker compare shop --models popular,item_knn,content" in text


def test_the_same_command_does_nothing_twice_and_more_seeds_go_on(capsys, out, shop):
    work = {path: path.stat().st_mtime_ns for path in (out / "work").rglob("*.json")}
    before = json.loads((out / "compare.json").read_text())
    again = call_json(capsys, "compare", shop, *ASKED, "--out", out)
    assert again == before
    more = call_json(capsys, "compare", shop, *ASKED[:-3], "3", "--trials", "3", "--out", out)
    assert more["seeds"] == [0, 1, 2]
    assert all(path.stat().st_mtime_ns == at for path, at in work.items())


def test_a_stopped_comparison_goes_on_to_equal_figures(capsys, out, shop, tmp_path, monkeypatch):
    from tastemaker.learning.bench import Bench

    whole, calls = Bench.score, []

    def stop(self, model):
        calls.append(model)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return whole(self, model)

    monkeypatch.setattr(Bench, "score", stop)
    code, _, err = call(capsys, "compare", shop, *ASKED, "--out", tmp_path / "c")
    assert code == 130
    assert "goes on from there" in err
    monkeypatch.undo()
    found = call_json(capsys, "compare", shop, *ASKED, "--out", tmp_path / "c")
    wanted = call_json(capsys, "compare", shop, *ASKED, "--out", out)
    assert _figures(found) == _figures(wanted)


def test_another_question_needs_another_folder(capsys, out, shop, tmp_path):
    code, _, err = call(capsys, "compare", shop, *ASKED[:2], "--split", "last", "--out", out)
    assert code == 2
    assert "split" in err
    (tmp_path / "mine.txt").write_text("mine")
    code, _, err = call(capsys, "compare", shop, "--models", "popular", "--out", tmp_path)
    assert code == 2
    assert "holds no comparison" in err


def test_other_training_parts_need_another_folder(capsys, shop, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    every = (shop / "interactions.csv").read_text().splitlines()
    rows = list({tuple(row.split(",")[:2]): row for row in every}.values())  # each pair in one part
    asked = (
        "compare",
        shop,
        "--models",
        "popular",
        "--trials",
        "1",
        "--split",
        f"files:{parts}",
        "--out",
        tmp_path / "c",
    )
    for name, part in (("train", rows[1:100]), ("valid", rows[100:120]), ("test", rows[120:140])):
        (parts / f"{name}.csv").write_text("\n".join([rows[0], *part]))
    code, _, err = call(capsys, *asked)
    assert code == 0, err
    (parts / "train.csv").write_text("\n".join([rows[0], *rows[1:60]]))
    code, _, err = call(capsys, *asked)
    assert code == 2
    assert "another" in err


def test_a_model_that_cannot_run_is_a_row(capsys, shop, tmp_path):
    config = tmp_path / "bare.toml"
    config.write_text("encoders = []\n")
    models = ("--models", "content,popular", "--trials", "1", "--config", config)
    board = call_json(capsys, "compare", shop, *models, "--out", tmp_path / "c")
    assert "item vectors" in board["failed"]["content"]
    assert [e["name"] for e in board["entries"]] == ["popular"]
    assert "not run: " in (tmp_path / "c" / "compare.html").read_text()
    code, _, err = call(capsys, "compare", shop, "--models", "content", *models[2:], "--out", tmp_path / "d")
    assert code == 2
    assert "None of the models could run" in err


def test_cold_items_are_compared_among_themselves(capsys, shop, tmp_path):
    asked = ("--models", "content,popular", "--trials", "2", "--split", "cold_items")
    board = call_json(capsys, "compare", shop, *asked, "--out", tmp_path / "c")
    by = {e["name"]: e["report"] for e in board["entries"]}
    assert by["content"]["measures"]["ndcg"]["mean"] > by["popular"]["measures"]["ndcg"]["mean"]
    assert by["content"]["facts"]["cold_listed"] == by["content"]["facts"]["listed"] > 0


def test_what_tune_chose_can_be_run(capsys, shop, tmp_path):
    asked = ("--model", "item_knn", "--split", "random", "--trials", "4", "--out", tmp_path / "t")
    answer = call_json(capsys, "tune", shop, *asked)
    assert len(answer["trials"]) == 4
    assert answer["validation"] == max(t["value"] for t in answer["trials"])
    assert answer["chosen"] == {**answer["chosen"], **answer["changed"]}
    out = tmp_path / "shop.tm"
    call_json(capsys, "run", shop, "--config", tmp_path / "t" / "tuned.toml", "--out", out, "--split", "random")
    settings = json.loads((out / "report.json").read_text())["settings"]["model"]
    assert settings == answer["chosen"]

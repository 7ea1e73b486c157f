"""The line from end to end through the command line, on a small shop."""

import csv
import json
import shutil

import pytest

from shop import call, call_json, write_shop
from tastemaker.pipeline import load


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("data") / "shop")


@pytest.fixture(scope="module")
def saved(shop, tmp_path_factory):
    from tastemaker.cli.main import main

    out = tmp_path_factory.mktemp("saved") / "shop.tm"
    assert main(["run", str(shop), "--out", str(out), "--quiet", "-k", "5"]) == 0
    return out


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_run_leaves_a_pipeline_and_two_reports(saved):
    report = json.loads((saved / "report.json").read_text())
    assert {"component.json", "model", "data", "report.html"} <= {p.name for p in saved.iterdir()}
    assert report
    assert "<html" in (saved / "report.html").read_text()


def test_read_prints_the_receipt(capsys, shop):
    code, out, _ = call(capsys, "read", shop)
    assert code == 0
    assert "text" in out
    assert call_json(capsys, "read", shop)


def test_recommend_all_to_csv(capsys, saved, tmp_path):
    out = tmp_path / "lists.csv"
    answer = call_json(capsys, "recommend", saved, "--users", "all", "-k", "4", "--out", out)
    lists = rows(out)
    assert answer["rows"] == len(lists) > 0
    assert list(lists[0]) == ["user_id", "item_id", "rank", "score"]
    assert {r["user_id"] for r in lists} == {f"u{n}" for n in range(30)}
    assert max(int(r["rank"]) for r in lists) == 4


def test_seen_items_are_left_out_unless_repeat(capsys, saved, shop):
    seen = {r["item_id"] for r in rows(shop / "interactions.csv") if r["user_id"] == "u3"}
    got = {r["item_id"] for r in call_json(capsys, "recommend", saved, "--users", "u3", "-k", "24")}
    assert not seen & got
    again = {r["item_id"] for r in call_json(capsys, "recommend", saved, "--users", "u3", "-k", "24", "--repeat")}
    assert seen <= again


def test_candidates_and_exclusions_are_kept(capsys, saved, tmp_path):
    (tmp_path / "in.csv").write_text("item_id\n" + "\n".join(f"i{n}" for n in range(12)) + "\n")
    (tmp_path / "out.csv").write_text("item_id\ni3\n")
    answer = call_json(
        capsys, "recommend", saved, "--users", "u5", "-k", "24", "--repeat",
        "--candidates", tmp_path / "in.csv", "--exclude", tmp_path / "out.csv",
    )  # fmt: skip
    got = {r["item_id"] for r in answer}
    assert got <= {f"i{n}" for n in range(12)} - {"i3"}
    assert len(got) == 11


def test_strangers_are_answered_by_what_they_did(capsys, saved, tmp_path):
    (tmp_path / "events.csv").write_text("user_id,item_id\nguest,i0\nguest,i3\nother,i1\nother,i4\n")
    answer = call_json(capsys, "recommend", saved, "--events", tmp_path / "events.csv", "-k", "5")
    by = {name: [int(r["item_id"][1:]) for r in answer if r["user_id"] == name] for name in ("guest", "other")}
    assert sum(i % 3 == 0 for i in by["guest"]) >= 4
    assert sum(i % 3 == 1 for i in by["other"]) >= 4


def test_similar_items_share_the_topic(capsys, saved):
    answer = call_json(capsys, "similar", saved, "i0", "-k", "4")
    assert sum(int(r["item_id"][1:]) % 3 == 0 for r in answer) >= 3
    assert call_json(capsys, "similar", saved, "--user", "u0", "-k", "3")


def test_a_ranking_model_refuses_to_rate(capsys, saved, tmp_path):
    (tmp_path / "pairs.csv").write_text("user_id,item_id\nu0,i0\n")
    code, _, err = call(capsys, "rate", saved, "--pairs", tmp_path / "pairs.csv")
    assert code == 2
    assert "predicts no ratings" in err


def test_a_rating_model_rates_and_sorts_alike(capsys, tmp_path):
    folder = write_shop(tmp_path / "rated", ratings=True)
    out, ratings = tmp_path / "rated.tm", tmp_path / "r.csv"
    answer = call_json(capsys, "run", folder, "--out", out, "--model", "multimodal_mlp", "--split", "ratings")
    assert {"rmse", "mae"} <= set(answer["ratings"][0]["measures"])
    assert set(answer["accuracy"]) == {"train", "test"}
    lists = call_json(capsys, "recommend", out, "--users", "u1", "-k", "6")
    (tmp_path / "pairs.csv").write_text("user_id,item_id\n" + "".join(f"u1,{r['item_id']}\n" for r in lists))
    call_json(capsys, "rate", out, "--pairs", tmp_path / "pairs.csv", "--out", ratings)
    values = [float(r["rating"]) for r in rows(ratings)]
    assert values == sorted(values, reverse=True)
    assert all(2 <= v <= 5 for v in values)


def test_evaluate_a_pipeline_and_lists(capsys, saved, shop, tmp_path):
    (tmp_path / "test.csv").write_text("user_id,item_id\nu0,i0\nu0,i3\nu1,i1\n")
    assert call_json(capsys, "evaluate", saved, "--test", tmp_path / "test.csv")
    (tmp_path / "recs.csv").write_text("user_id,item_id,rank\nu0,i0,1\nu0,i5,2\nu1,i7,1\n")
    (tmp_path / "train.csv").write_text("user_id,item_id\nu0,i9\nu1,i9\n")
    answer = call_json(
        capsys, "evaluate", "--recs", tmp_path / "recs.csv", "--train", tmp_path / "train.csv",
        "--test", tmp_path / "test.csv",
    )  # fmt: skip
    assert answer


def test_lists_with_an_empty_id_are_measured_without_that_row(capsys, tmp_path):
    (tmp_path / "recs.csv").write_text("user_id,item_id,rank\nu0,,1\nu0,i5,2\n")
    (tmp_path / "train.csv").write_text("user_id,item_id\nu0,i9\n")
    (tmp_path / "test.csv").write_text("user_id,item_id\nu0,i5\n")
    parts = [word for name in ("recs", "train", "test") for word in (f"--{name}", tmp_path / f"{name}.csv")]
    assert call_json(capsys, "evaluate", *parts)["measures"]["hit"]["mean"] == 1


def test_later_behaviour_is_understood_as_that_of_training(capsys, tmp_path):
    shop = tmp_path / "rated"
    shop.mkdir()
    rated = [f"u{n},i{(n * m) % 9},{1 + (n + m) % 5},{n + m}" for n in range(20) for m in range(1, 9)]
    (shop / "interactions.csv").write_text("who,item_id,rating,timestamp\n" + "\n".join(rated))
    (shop / "tastemaker.toml").write_text('[data]\npositive_from = 4\n[data.columns]\nuser_id = "who"\n')
    assert call(capsys, "fit", shop, "--out", tmp_path / "rated.tm", "--model", "item_knn")[0] == 0
    pipeline = load(tmp_path / "rated.tm")
    for user in ("who", "user_id"):
        (tmp_path / "new.csv").write_text(f"{user},item_id,rating\nann,i1,1\nann,i2,2\nann,i3,5\n")
        _, (ann,) = pipeline.strangers(tmp_path / "new.csv")
        assert ann.sign.tolist() == [0, 0, 1]
        assert (pipeline.read(tmp_path / "new.csv").interactions.sign > 0).sum() == 1


@pytest.mark.parametrize("part", ["log", "whiten"])
def test_settings_of_a_pipeline_that_are_damaged_are_told(capsys, saved, tmp_path, part):
    shutil.copytree(saved, tmp_path / "copy")
    manifest = tmp_path / "copy" / "component.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**said, part: {"nonsense": 1}}))
    code, _, err = call(capsys, "recommend", tmp_path / "copy", "--users", "u1")
    assert code == 2
    assert "is damaged" in err


def test_export_writes_vectors_and_ids(capsys, shop, tmp_path):
    import numpy as np

    call_json(capsys, "export", shop, "--features", tmp_path / "out")
    vectors = np.load(tmp_path / "out" / "tfidf.npy", allow_pickle=False)
    assert len(vectors) == len((tmp_path / "out" / "tfidf.ids").read_text().split()) == 24


def test_init_writes_once(capsys, shop, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(shop, folder)
    code, _, err = call(capsys, "init", folder)
    assert code == 2
    assert "is there already" in err
    code, out, _ = call(capsys, "init", folder, "--force")
    assert code == 0
    assert "written" in out
    assert call(capsys, "read", folder)[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("read", "nowhere"), "There is no folder or file nowhere"),
        (("fit", "nowhere", "--out", "x.tm"), "There is no folder or file nowhere"),
        (("recommend", "nowhere", "--users", "all"), "holds no saved pipeline"),
        (("evaluate", "--test", "nowhere.csv"), "saved pipeline"),
        (("run", ".", "--out", "x.tm", "-k", "0"), "k: "),
        (("run", ".", "--out", "x.tm", "--seed", "-1"), "seed must be 0 or more"),
        (("data", "pull"), "Say which"),
        (("data", "make", "moon"), "Only `world` can be made"),
        (("data", "pull", "moon"), "moon"),
        (("weights", "pull", "moon"), "moon"),
    ],
)
def test_wrong_commands_end_in_a_sentence(capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = call(capsys, *words, "--quiet")
    assert code == 2
    assert err.startswith("error: ")
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_wrong_users_and_outputs_are_refused(capsys, saved, tmp_path):
    code, _, err = call(capsys, "recommend", saved, "--users", "nobody")
    assert code == 2
    assert "no user 'nobody'" in err
    code, _, err = call(capsys, "recommend", saved, "--users", "all", "--out", tmp_path / "lists.txt")
    assert code == 2
    assert ".csv, .parquet or .jsonl" in err


def test_a_wrong_model_name_suggests_and_leaves_nothing(capsys, shop, tmp_path):
    code, _, err = call(capsys, "fit", shop, "--out", tmp_path / "x.tm", "--model", "item_kn")
    assert code == 2
    assert "Did you mean 'item_knn'" in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_never_replaced(capsys, shop, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    code, _, err = call(capsys, "fit", shop, "--out", tmp_path)
    assert code == 2
    assert "is no saved pipeline" in err
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_doctor_and_lists_work(capsys):
    assert call_json(capsys, "doctor")
    assert call_json(capsys, "data", "list")
    assert call_json(capsys, "weights", "list")


def test_what_is_measured_is_what_is_saved(saved):
    """`auto` chooses by the validation, and what was chosen is learned anew: by default the shop is split by time."""
    spec = json.loads((saved / "model" / "component.json").read_text())
    assert (spec["name"], spec["asked"]) == ("auto", "time")
    assert spec["chosen"]["name"] == "fallback"


def test_fit_is_told_what_lists_are_for(capsys, shop, tmp_path):
    config = tmp_path / "few.toml"
    config.write_text('encoders = []\nmodel = {name = "auto", models = ["popular", "item_knn"]}\n')
    out = tmp_path / "m.tm"
    code, _, err = call(capsys, "fit", shop, "--out", out, "--config", config, "--for", "random")
    assert code == 0
    assert "auto, for those who are known" in err
    assert json.loads((out / "model" / "component.json").read_text())["asked"] == "random"
    code, _, err = call(capsys, "fit", shop, "--out", out, "--model", "popular", "--for", "random")
    assert (code, "which is not chosen" in err) == (2, True)

"""`tastemaker explore` finds what was planted, and its page holds it."""

import re

import pytest

from planted import write_planted
from shop import call, call_json, write_shop

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("data") / "planted")


@pytest.fixture(scope="module")
def page(folder):
    return folder.parent / "page.html"


@pytest.fixture(scope="module")
def found(folder, page):
    from tastemaker.actions.explore import ExploreRequest, explore

    return explore(ExploreRequest(folder, out=page)).to_json()


def groups(found):
    return {frozenset(group["items"]): group for group in found}


def test_planted_twins_of_texts_are_found(found):
    twins = groups(found["text_twins"])
    assert twins.keys() == {frozenset({"i5", "i50"}), frozenset({"i6", "i51"})}
    assert twins[frozenset({"i5", "i50"})]["likeness"] > twins[frozenset({"i6", "i51"})]["likeness"] > 0.85


def test_a_picture_that_was_encoded_again_smaller_is_found(found):
    assert groups(found["picture_twins"]).keys() == {frozenset({"i7", "i52"})}


def test_the_broken_picture_is_told_with_its_reason(found):
    [broken] = found["media"]["broken"]
    assert (broken["item"], broken["path"], broken["modality"]) == ("i53", "media/53.png", "image")
    assert "it cannot be decoded" in broken["reason"]


def test_blank_pictures_and_silent_sounds_are_found(found):
    assert found["media"]["blank"] == ["i54"]
    assert found["media"]["silent"] == ["i55"]
    said = " ".join(one["said"] for one in found["advice"])
    assert "1 of 6 sounds are silent" in said
    assert "1 of 6 sounds are quieter than -40 dBFS" in said
    assert "1 of 6 sounds are cut off" in said


def test_the_planted_rule_is_the_first(found):
    rule = found["rules"][0]
    assert {rule["first"], rule["then"]} == {"i10", "i41"}
    assert (rule["count"], rule["confidence"]) == (15, 1.0)
    assert rule["support"] == pytest.approx(1 / 8)
    assert rule["lift"] == pytest.approx(8.0)


def test_pictures_that_were_swapped_are_the_most_suspicious(found):
    [suspects] = found["suspects"]
    assert (suspects["one"], suspects["other"]) == ("text", "picture")
    assert {one["item"] for one in suspects["items"][:2]} == {"i20", "i21"}


def test_a_topic_that_comes_up_late_rises(found):
    rising = [trend["name"] for trend in found["category_trends"] if trend["z"] > 0]
    assert rising[0] == "star"


def test_languages_are_counted(found):
    assert found["languages"]["zh"] == 1
    assert found["languages"]["en"] == 71


def test_kinds_and_tastes_bear_the_topics_names(found):
    assert {name for group in found["clusters"]["groups"] for name in group["name"][:1]} >= {"cook", "sail", "star"}
    assert {name for group in found["segments"]["groups"] for name in group["name"][:1]} == {"cook", "sail", "star"}


def test_texts_and_pictures_are_related_beyond_chance(found):
    [both] = [one for one in found["relations"] if {one["one"], one["other"]} == {"tfidf", "efficientnet"}]
    assert both["p"] == 0.01
    assert both["overlap"] > 2 * both["overlap_chance"]
    assert both["cka"] > both["cka_chance"]


def test_the_page_holds_its_pictures_and_asks_for_nothing(found, page):
    text = page.read_text("utf-8")
    assert text.count("data:image/jpeg;base64,") >= 10
    assert re.findall(r'(?:src|href)="(?!data:image)', text) == []
    assert "Thing 7" in text
    assert "i53" in text


def test_it_prints_a_short_summary(capsys, folder, tmp_path):
    code, out, _ = call(capsys, "explore", folder, "--out", tmp_path / "x.html", "--quiet")
    assert code == 0
    assert "72 items, 120 users" in out
    assert len(out.splitlines()) < 45
    assert out.endswith(f"written: {tmp_path / 'x.html'}\n")


def test_a_folder_without_media_and_one_without_items_work(capsys, tmp_path):
    shop = write_shop(tmp_path / "shop")
    assert call_json(capsys, "explore", shop, "--out", tmp_path / "a.html")["facts"]["items"] == 24
    (shop / "items.csv").unlink()
    (shop / "tastemaker.toml").unlink()
    answer = call_json(capsys, "explore", shop, "--out", tmp_path / "b.html")
    assert "None of the 24 items has any content" in answer["advice"][0]["said"]


def test_bad_input_is_one_line_and_writes_nothing(capsys, tmp_path):
    for words in (["explore", tmp_path / "none"], ["explore", write_shop(tmp_path / "s"), "--out", tmp_path]):
        code, out, err = call(capsys, *words, "--quiet")
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
    code, _, err = call(capsys, "explore", tmp_path / "s", "--items", "3", "--out", tmp_path / "c.html", "--quiet")
    assert code == 2
    assert "10" in err
    assert not (tmp_path / "c.html").exists()

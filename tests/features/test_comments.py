"""Comments as text of the items: the latest ones, of training alone."""

from dataclasses import replace

import numpy as np
import pytest

from made import names
from shop import call, call_json, write_shop
from tastemaker.core import Run
from tastemaker.data import Dataset, Features, Interactions
from tastemaker.features.cache import FeatureCache
from tastemaker.features.comments import Comments, Reading
from tastemaker.models import RECOMMENDERS
from tastemaker.pipeline import Pipeline


class Lengths:
    name, source, dim = "lengths", "text", 2

    def encode(self, content):
        return np.array([[len(text), text.count("e")] for text in content], np.float32)

    def fingerprint(self):
        return "lengths/comments"


@pytest.fixture
def reading(tmp_path):
    cache = FeatureCache(tmp_path)
    yield Reading([Lengths()], {}, cache)
    cache.close()


def world(comments):
    """Item 0 is commented three times, item 1, without text, once, item 2 never."""
    log = Interactions.of([0, 1, 2, 3, 4], [0, 0, 1, 0, 2], time=range(5))
    data = Dataset(names("u", 5), names("i", 3), log, comments=np.array(comments, object))
    items = {
        "lengths": Features("text", np.array([[10, 0], [0, 0], [7, 7]], np.float32), np.array([True, False, True])),
        "looks": Features("image", np.ones((3, 2), np.float32), np.ones(3, bool)),
    }
    return data, items


def test_comments_are_mixed_into_the_text_and_stand_where_there_is_none(reading):
    data, items = world(["eeee", "ee", "e" * 8, "", ""])
    found = Comments(most=10, share=0.25).join(items, data, reading, Run())
    np.testing.assert_allclose(found["lengths"].vectors, [[0.75 * 10 + 0.25 * 3, 0.75], [8, 8], [7, 7]])
    assert found["lengths"].present.all()
    assert found["looks"] is items["looks"]
    assert not items["lengths"].present[1], "what was given stays as it was"


def test_the_latest_comments_count(reading):
    data, items = world(["eeee", "ee", "e" * 8, "eeeeee", ""])
    found = Comments(most=2, share=0.5).join(items, data, reading, Run())
    np.testing.assert_allclose(found["lengths"].vectors[0], [0.5 * 10 + 0.5 * 4, 2])
    found = Comments(most=1, share=0.5).join(items, data, reading, Run())
    np.testing.assert_allclose(found["lengths"].vectors[0], [0.5 * 10 + 0.5 * 6, 3])


@pytest.mark.parametrize("comments", [None, [""] * 5, ["  "] * 5])
def test_nothing_written_changes_nothing(reading, comments):
    data, items = world(comments or [""] * 5)
    data = data if comments else replace(data, comments=None)
    found = Comments(most=5).join(items, data, reading, Run())
    np.testing.assert_array_equal(found["lengths"].vectors, items["lengths"].vectors)
    data, items = world(["eee"] * 5)
    assert Comments().join(items, data, reading, Run()) is items, "off by default"


def test_what_is_held_out_leaves_no_trace(reading):
    data, items = world(["eeee", "ee", "e" * 8, "", ""])
    other, _ = world(["eeee", "zzzzzzzzzzzz", "z", "", ""])
    train = np.array([True, False, False, True, True])
    made = []
    for each in (data, other):
        pipeline = Pipeline(RECOMMENDERS.build("popular"), reading.encoders, comments=Comments(most=5))
        pipeline.describe(each.only(train), items, reading.cache)
        made.append(pipeline.features["lengths"])
    np.testing.assert_array_equal(made[0].vectors, made[1].vectors)
    assert made[0].present.tolist() == made[1].present.tolist() == [True, False, True]


def test_a_folder_says_it_in_its_settings(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    shop = write_shop(tmp_path / "shop")
    log = (shop / "interactions.csv").read_text().splitlines()
    rows = [f"{line},a word about it" for line in log[1:]]
    (shop / "interactions.csv").write_text("\n".join([log[0] + ",comment", *rows]) + "\n")
    (shop / "tastemaker.toml").write_text('encoders = ["tfidf"]\n[comments]\nmost = 3\n')
    call_json(capsys, "fit", shop, "--model", "content", "--out", tmp_path / "out")
    from tastemaker.pipeline import load

    assert load(tmp_path / "out").comments.most == 3
    (shop / "tastemaker.toml").write_text("[comments]\nmost = -1\n")
    code, _, err = call(capsys, "fit", shop, "--out", tmp_path / "out")
    assert code == 2
    assert "error: The table [comments] has settings that cannot be taken:\n  most: " in err

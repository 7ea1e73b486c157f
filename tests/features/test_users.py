from dataclasses import replace

import numpy as np
import pytest

from made import dataset, features
from tastemaker.data import Column, Features, Interactions, Query
from tastemaker.features.cache import FeatureCache
from tastemaker.features.comments import Reading
from tastemaker.features.users import profile_of, user_features
from tastemaker.features.whiten import Whiten


class Lengths:
    name, source, dim = "minilm", "text", 6

    def __init__(self):
        self.seen = []

    def encode(self, content):
        self.seen += content
        return np.array([[len(text)] * 6 for text in content], np.float32)

    def fingerprint(self):
        return "lengths/6"


@pytest.fixture
def reading(tmp_path):
    cache = FeatureCache(tmp_path)
    yield Reading([Lengths()], {}, cache)
    cache.close()


def commented(data, texts):
    comments = np.full(len(data.interactions), "", object)
    comments[: len(texts)] = texts
    return replace(data, comments=comments)


def signed(data, sign):
    log = data.interactions
    return replace(data, interactions=replace(log, sign=np.asarray(sign, np.int8)))


def test_a_users_text_is_the_mean_of_what_he_liked():
    data, items = dataset(), features()
    found = user_features(data, items)
    assert list(found) == ["minilm"]  # pictures say nothing about his words
    texts = items["minilm"]
    for user in range(20):
        mine = [i for i in data.interactions.item[data.rows_of(user)] if texts.present[i]]
        np.testing.assert_allclose(found["minilm"].vectors[user], texts.vectors[mine].mean(0), atol=1e-5)
    assert found["minilm"].present.all()
    assert found["minilm"].vectors.dtype == np.float32


def test_what_he_disliked_and_what_has_no_text_do_not_count():
    data = signed(dataset(users=2, items=15, n=30), [1] * 30)
    log = data.interactions
    data = signed(data, np.where(log.user == 1, -1, 1))
    found = user_features(data, features())["minilm"]
    assert found.present.tolist() == [True, False]
    assert not found.vectors[1].any()
    nothing = {"minilm": Features("text", np.zeros((15, 6), np.float32), np.zeros(15, bool))}
    assert not user_features(data, nothing)["minilm"].present.any()


def test_comments_count_like_items_and_are_read_once(reading):
    data = commented(dataset(users=2, items=15, n=30), ["four", "four", ""])
    found = user_features(data, features(), reading)["minilm"]
    without = user_features(data, features())["minilm"]
    log, texts = data.interactions, features()["minilm"]
    for user in range(2):
        mine = [i for i in log.item[log.user == user] if texts.present[i]]
        wrote = int((log.user[:2] == user).sum())
        expected = (texts.vectors[mine].sum(0) + 4 * wrote) / (len(mine) + wrote)
        np.testing.assert_allclose(found.vectors[user], expected, atol=1e-5)
    assert reading.encoders[0].seen == ["four"]
    assert not np.allclose(found.vectors, without.vectors)
    again = Reading([Lengths()], {}, reading.cache)
    user_features(data, features(), again)
    assert again.encoders[0].seen == []


def test_comments_go_through_the_whitening(reading):
    data, items = commented(dataset(users=1, items=15, n=1), ["some words"]), features()
    none = {"minilm": Features("text", np.zeros((15, 6), np.float32), np.zeros(15, bool))}
    whitening = Whiten(dim=6).fit(items["minilm"])
    found = user_features(data, none, replace(reading, whitenings={"minilm": whitening}))["minilm"]
    np.testing.assert_allclose(found.vectors, whitening.rows(np.full((1, 6), 10, np.float32)), atol=1e-6)


def test_comments_of_other_rows_do_not_leak(reading):
    data = commented(dataset(users=3, items=15, n=30), [f"secret {n}" for n in range(30)])
    train = data.only(np.arange(10))
    user_features(train, features(), reading)
    assert sorted(reading.encoders[0].seen) == sorted(f"secret {n}" for n in range(10))


def test_odd_comments_do_not_stop_the_run(reading):
    data = commented(dataset(users=3, items=15, n=30), ["\ud800", "   ", "x" * 200_000])
    found = user_features(data, features(), reading)["minilm"]
    assert np.isfinite(found.vectors).all()


def test_empty_comments_are_as_none(reading):
    data = commented(dataset(), [])
    np.testing.assert_array_equal(
        user_features(data, features(), reading)["minilm"].vectors, user_features(data, features())["minilm"].vectors
    )


def test_attributes_of_users_are_coded():
    data = dataset(users=3, user_attributes={"age": Column("number", np.array([1.0, np.nan, 3]))})
    found = user_features(data, {})
    assert list(found) == ["attributes"]
    assert found["attributes"].present.tolist() == [True, False, True]


def test_a_profile_equals_the_vector_of_training_for_the_same_history():
    data, items = dataset(), features()
    users = user_features(data, items)
    for user in range(20):
        history = data.interactions.item[data.rows_of(user)]
        profile = profile_of(Query.of(history, user), items, users)
        np.testing.assert_allclose(profile["minilm"], users["minilm"].vectors[user], atol=1e-5)


def test_a_changed_history_changes_the_profile_and_a_stranger_has_one():
    data = dataset(users=20, user_attributes={"age": Column("number", np.arange(20.0))})
    items = features(missing=0)
    users = user_features(data, items)
    known = profile_of(Query.of([1, 2], 3), items, users)
    stranger = profile_of(Query.of([1, 2]), items, users)
    assert set(known) == {"attributes", "minilm"}
    assert set(stranger) == {"minilm"}
    np.testing.assert_allclose(stranger["minilm"], items["minilm"].vectors[[1, 2]].mean(0), atol=1e-6)
    assert not np.allclose(stranger["minilm"], profile_of(Query.of([1, 4]), items, users)["minilm"])


def test_who_liked_nothing_keeps_what_training_knew_and_a_stranger_nothing():
    data, items = dataset(), features()
    users = user_features(data, items)
    np.testing.assert_array_equal(profile_of(Query(3), items, users)["minilm"], users["minilm"].vectors[3])
    assert profile_of(Query(None), items, users) == {}


def test_many_users_are_done_at_once():
    rng = np.random.default_rng(0)
    log = Interactions.of(np.sort(rng.integers(0, 5_000, 100_000)), rng.integers(0, 15, 100_000))
    data = replace(dataset(users=5_000), interactions=log)
    assert user_features(data, features())["minilm"].vectors.shape == (5_000, 6)

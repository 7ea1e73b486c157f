"""Twins, loudness, relations, mismatches, names and groups on small things that were planted."""

import numpy as np
import pytest

from drawn import checks, disc
from made import names, tastes
from tastemaker.data import Dataset, Features, Interactions
from tastemaker.learning.exploring.groups import item_clusters, user_segments
from tastemaker.learning.exploring.media import Picture, loudness
from tastemaker.learning.exploring.naming import Namer, categories, common
from tastemaker.learning.exploring.relations import SUSPICIOUS, mismatches, relations, spaces
from tastemaker.learning.exploring.twins import hashed, picture_twins, text_twins

LONG = "a wooden boat with a red sail crosses the bay while gulls follow the wake towards the harbour of the island"


def test_equal_and_nearly_equal_texts_are_grouped():
    texts = [
        LONG,
        "",
        LONG.upper(),
        LONG.replace("red", "blue"),
        "soup with bread and butter from the oven",
        "Tea",
        "tea!",
    ]
    found = text_twins(texts)
    assert [(group.items, group.exact) for group in found] == [((0, 2, 3), False), ((5, 6), True)]
    assert 0.85 <= found[0].likeness < 1


def test_texts_of_one_topic_are_no_twins():
    assert text_twins(["red boat sails north today", "blue boat sails south at night", "boat", "boats"]) == []
    assert text_twins([]) == []


def test_chinese_texts_are_compared_too():
    text = "这本书介绍了帆船和大海的故事，适合喜欢旅行的人。"
    assert text_twins([text, text[:-1] + "！", "完全不同的一段话，讲的是厨房里的面包和汤。"])[0].items == (0, 1)


def shown(item, pixels):
    return Picture(item, f"{item}.png", pixels.shape[1], pixels.shape[0], pixels)


def test_pictures_are_told_apart_by_form_and_by_colour():
    orange, green = disc(96), disc(96, colour=(20, 250, 20))
    noisy = np.clip(orange + np.random.default_rng(0).normal(0, 3, orange.shape), 0, 255).astype(np.uint8)
    blank = np.full((96, 96, 3), 7, np.uint8)
    made = [orange, green, noisy, disc(96, 0.2), checks(96, 96, 16), blank, blank, orange[::2, ::2]]
    found = picture_twins([shown(item, pixels) for item, pixels in enumerate(made)], len(made))
    assert [(group.items, group.exact) for group in found] == [((0, 2, 7), False)]
    assert hashed(orange).shape == (128,)


def test_two_pictures_of_one_item_are_no_twins():
    assert picture_twins([shown(0, disc(96)), shown(0, disc(96))], 2) == []


@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.01])
def test_loudness_of_a_tone_is_its_root_mean_square(amplitude):
    wave = amplitude * np.sin(2 * np.pi * 400 * np.arange(16_000) / 16_000)
    found, silence = loudness(wave.astype(np.float32))
    assert found == pytest.approx(20 * np.log10(amplitude) - 3.01, abs=0.01)
    assert silence == 0


def test_silence_is_the_share_of_quiet_pieces():
    wave = np.zeros(16_000, np.float32)
    assert loudness(wave) == (-np.inf, 1.0)
    wave[:4000] = 0.5
    assert loudness(wave)[1] == 0.75


def features(X, present=None):
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    return Features("text", X.astype(np.float32), np.ones(len(X), bool) if present is None else present)


def test_a_turned_copy_is_the_same_and_noise_is_not():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8))
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    made = {"a": features(X), "b": features(X @ turn), "noise": features(rng.normal(size=(200, 8)))}
    found = {(one.one, one.other): one for one in relations(made)}
    same, other = found["a", "b"], found["a", "noise"]
    assert (same.overlap, same.cka, same.p, same.related) == (1.0, pytest.approx(1.0), 0.01, True)
    assert other.overlap == pytest.approx(10 / 199, abs=0.02)
    assert other.overlap_chance == pytest.approx(10 / 199, abs=0.01)
    assert other.cka == pytest.approx(other.cka_chance, abs=0.02)
    assert not other.related


def test_swapped_items_are_the_most_suspicious_and_few_others_are():
    rng = np.random.default_rng(1)
    centre = rng.integers(4, size=300)
    X, Y = (np.eye(4)[centre] * 2 + 0.4 * rng.normal(size=(300, 4)) for _ in range(2))
    wrong = [np.flatnonzero(centre == kind)[0] for kind in range(4)]
    Y[wrong] = Y[np.roll(wrong, 1)]
    found = mismatches(features(X), features(Y))
    assert {one.item for one in found[:4]} == set(wrong)
    assert sum(one.z < SUSPICIOUS for one in found) < 12
    assert all(centre[row] == centre[found[0].item] for row in found[0].like)
    assert mismatches(features(X[:9]), features(Y[:9])) == []


def test_items_without_one_of_the_sources_are_not_judged():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 4))
    there = np.arange(80) % 2 == 0
    assert {one.item % 2 for one in mismatches(features(X, there), features(X))} == {0}


def test_names_are_what_a_group_has_more_of():
    labels = [("sea", "the", f"w{i}") if i < 30 else ("oven", "the", f"w{i}") for i in range(60)]
    namer = Namer(labels)
    assert namer.name(np.arange(60) < 30) == ("sea",)
    assert namer.name(np.arange(60) % 2 == 0) == ()
    assert Namer([()] * 4).name(np.arange(4) < 2) == ()


def test_chinese_groups_are_named_by_pairs_of_characters():
    from tastemaker.learning.exploring.naming import terms

    data = Dataset(names("u", 1), names("i", 60), Interactions.of([0], [0]))
    texts = [f"{i}号帆船出海" if i < 30 else f"{i}号面包出炉" for i in range(60)]
    assert "帆船" in Namer(terms(data, texts)).name(np.arange(60) < 30)


def test_categories_come_from_all_columns_once():
    from tastemaker.data.table import Column

    columns = {"kind": Column("category", np.array(["a|b", "", "b"], object)), "n": Column("number", np.arange(3.0))}
    columns["maker"] = Column("category", np.array(["b", "x", ""], object))
    data = Dataset(names("u", 1), names("i", 3), Interactions.of([0], [0]), item_attributes=columns)
    assert categories(data) == [("a", "b"), ("x",), ("b",)]
    assert common([("a", "b")] * 5 + [("b", "c")]) == [("a", "b")] * 5 + [("b",)]


def test_planted_kinds_and_tastes_are_found_and_named():
    data, vectors = tastes(users=120, items=60, groups=3, each=10)
    kinds = Features("text", vectors.vectors, vectors.known)
    kinds = features(kinds.vectors - kinds.vectors.mean(axis=0))
    labels = [(f"kind {row % 3}",) for row in range(60)]
    found = item_clusters("x", kinds, labels)
    assert sorted(group.name for group in found.groups) == [("kind 0",), ("kind 1",), ("kind 2",)]
    assert sum(group.size for group in found.groups) == 60
    assert found.groups[0].share == pytest.approx(found.groups[0].size / 60)
    segments = user_segments("x", kinds, data, labels)
    assert {group.name[:1] for group in segments.groups} == {("kind 0",), ("kind 1",), ("kind 2",)}
    for group in segments.groups:
        assert {row % 3 for row in group.members[:3]} == {int(group.name[0][-1])}


def test_behaviour_places_items_that_the_same_users_like():
    data, _ = tastes(users=120, items=60, groups=3, each=10)
    behaviour = spaces(data, {})["behaviour"]
    X = behaviour.vectors[behaviour.present]
    kind = np.flatnonzero(behaviour.present) % 3
    likeness = X @ X.T
    same = kind[:, None] == kind[None]
    assert likeness[same].mean() > likeness[~same].mean() + 0.1


def test_too_little_gives_no_groups():
    few = features(np.random.default_rng(0).normal(size=(6, 3)))
    assert item_clusters("x", few, [()] * 6) is None
    same = features(np.ones((50, 3)))
    assert item_clusters("x", same, [()] * 50) is None

"""One space: by names by hand, by pairs that were planted, and both ways."""

import numpy as np
import pytest

from tastemaker.data import Features
from tastemaker.features.image.imagenet import imagenet
from tastemaker.features.joint.conse import Names, unit
from tastemaker.features.joint.pairs import FEWEST, Pairs
from tastemaker.features.joint.space import Asked, Space, together

N, D = 300, 12


def planted(seed=0, noise=0.3):
    """Texts and pictures that share four directions out of twelve, and differ in the others."""
    draw = np.random.default_rng(seed)
    shared = draw.normal(size=(N, 4))
    sides = []
    for width in (D, D + 8):
        own = draw.normal(size=(N, width))
        mixed = shared @ draw.normal(size=(4, width)) * 2 + noise * own
        sides.append(mixed.astype(np.float32))
    return sides


def features(rows, source, present=None):
    return Features(source, rows, np.ones(len(rows), bool) if present is None else present)


def test_the_names_of_imagenet_are_a_thousand():
    assert len(imagenet()) == 1000
    assert imagenet()[281] == "tabby"


def test_a_picture_stands_among_the_names_of_its_likeliest_classes_by_hand():
    names = Names(np.eye(3, dtype=np.float32), top=2)
    placed = names.place(np.array([[0.6, 0.3, 0.1]], np.float32))
    np.testing.assert_allclose(placed, unit(np.array([[0.6, 0.3, 0.0]])), rtol=1e-6)
    assert names.place(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_pairs_find_what_both_sides_share_on_items_not_learned_from():
    text, image = planted()
    pairs = Pairs.learn(text[:200], image[:200], shrink=0.02)
    likeness = pairs.place(text[200:], 0) @ pairs.place(image[200:], 1).T
    own = np.diagonal(likeness)[:, None]
    assert ((likeness > own).sum(axis=1) < 10).mean() > 0.6  # chance: 0.1


def test_pairs_that_do_not_belong_together_teach_nothing():
    text, image = planted()
    pairs = Pairs.learn(text[:200], np.random.default_rng(1).permutation(image[:200]), shrink=0.02)
    likeness = pairs.place(text[200:], 0) @ pairs.place(image[200:], 1).T
    own = np.diagonal(likeness)[:, None]
    assert ((likeness > own).sum(axis=1) < 10).mean() < 0.25


def test_too_few_pairs_are_none():
    text, image = planted()
    assert Pairs.learn(text[: FEWEST - 1], image[: FEWEST - 1]) is None


@pytest.mark.parametrize("asked", ["text", "image"])
def test_a_query_finds_its_own_item_in_each_source(asked):
    text, image = planted()
    own = {"text": features(text, "text"), "image": features(image, "image")}
    space = Space.learn(own)
    rows = {"text": text, "image": image}[asked]
    scores = space.scores(Asked(asked, rows[7]))
    assert int(np.nanargmax(scores[asked])) == 7
    other = "image" if asked == "text" else "text"
    assert (scores[other] > scores[other][7]).sum() < 30
    total, why = together(scores)
    assert int(total.argmax()) == 7
    assert why[7] == asked


def test_items_without_a_source_have_no_opinion_there_and_none_at_all_without_any():
    text, image = planted()
    there, seen = np.ones(N, bool), np.ones(N, bool)
    there[:2], seen[0] = False, False
    space = Space.learn({"text": features(text, "text", there), "image": features(image, "image", seen)})
    scores = space.scores(Asked("text", text[5]))
    assert np.isnan(scores["text"][:2]).all()
    assert np.isnan(scores["image"][0])
    assert np.isfinite(scores["image"][1])
    total, _ = together(scores)
    assert np.isnan(total[0])
    assert np.isfinite(total[1:]).all()


def test_where_no_pairs_teach_names_speak():
    names = Names(np.eye(3, dtype=np.float32), top=1)
    chances = np.eye(3, dtype=np.float32)
    image = features(np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32), "image")
    space = Space.learn({"image": image}, {"image": names}, {"image": chances})
    scores = space.scores(Asked("text", np.array([0, 0, 1], np.float32)))["image"]
    assert int(scores.argmax()) == 2
    text = {"text": features(np.eye(3, dtype=np.float32), "text"), "image": image}
    space = Space.learn(text, {"image": names}, {"image": chances})
    found = space.scores(Asked("image", image.vectors[1], chances[1]))["text"]
    assert int(found.argmax()) == 1


def test_vectors_of_one_space_are_compared_as_they_are():
    rows = np.eye(4, dtype=np.float32)
    space = Space.learn({"image": features(rows, "image")}, joint=True)
    scores = space.scores(Asked("text", rows[3]))["image"]
    assert int(scores.argmax()) == 3

"""What is said twice of an item is pulled together, and only where it is said twice."""

import numpy as np
import pytest
import torch

from made import tastes
from tastemaker.core import Run
from tastemaker.data import Features
from tastemaker.fusion import FUSIONS
from tastemaker.models import RECOMMENDERS
from tastemaker.models.nets.aligning import MOST, View, disagreement, some
from tastemaker.models.nets.items import sources_of, tower_of


def two_sources():
    data, items = tastes(users=60, items=30)
    there = np.arange(30) % 4 != 0
    return data, {
        "a": Features("text", items.vectors, items.known),
        "b": Features("image", items.vectors[:, ::-1] * there[:, None], there),
    }


def test_views_that_agree_disagree_least_and_unknown_rows_do_not_count():
    rows, there = torch.randn(20, 6, generator=torch.Generator().manual_seed(0)), torch.ones(20, dtype=torch.bool)
    same = disagreement([(View(rows, there), View(rows, there))])
    other = disagreement([(View(rows, there), View(rows.flip(0), there))])
    assert same < other
    spoiled, known = rows.clone(), there.clone()
    spoiled[3], known[3] = torch.nan, False
    assert torch.isfinite(disagreement([(View(spoiled, known), View(rows, there))]))


def test_nothing_disagrees_where_no_two_items_are_known_to_both():
    rows, none = torch.randn(4, 3), torch.zeros(4, dtype=torch.bool)
    assert disagreement([(View(rows, none), View(rows, ~none))]) == 0
    assert disagreement([]) == 0


def test_large_batches_are_sampled_and_small_ones_are_whole():
    rows = torch.arange(MOST + 100)
    assert len(set(some(rows).tolist())) == MOST
    assert torch.equal(some(rows[:7]), rows[:7])


def test_a_tower_learns_that_its_sources_and_own_vectors_agree():
    data, features = two_sources()
    sources = sources_of(data, features)
    torch.manual_seed(0)
    tower = tower_of(sources, FUSIONS.build("attention"), 8)
    rows, steps = torch.arange(30), torch.optim.Adam(tower.parameters(), 0.05)
    before = tower.disagreement(rows, sources).item()
    for _ in range(30):
        steps.zero_grad()
        tower.disagreement(rows, sources).backward()
        steps.step()
    assert tower.disagreement(rows, sources).item() < before - 0.5


def test_a_tower_without_content_has_nothing_to_agree_on():
    data, _ = two_sources()
    sources = sources_of(data, None)
    tower = tower_of(sources, FUSIONS.build("attention"), 8)
    assert tower.disagreement(torch.arange(30), sources) == 0


@pytest.mark.parametrize("content", ["kernel", "fusion"])
@pytest.mark.parametrize("name", ["two_tower", "gru"])
def test_alignment_changes_what_is_learned_and_leaves_a_sound_model(name, content):
    data, features = two_sources()
    _, items = tastes(users=60, items=30)
    lists = []
    for align in (0.0, 1.0):
        spec = {"name": name, "content": content, "dim": 8, "epochs": 2, "patience": 1, "closed": 0.0, "align": align}
        model = RECOMMENDERS.build(spec)
        model.fit(data, items=items, features=features, run=Run(device="cpu", threads=1))
        vectors = model.item_vectors()
        assert np.isfinite(vectors).all()
        lists.append(vectors)
    assert not np.allclose(*lists)


def test_without_content_alignment_is_nothing():
    data, _ = two_sources()
    model = RECOMMENDERS.build({"name": "two_tower", "dim": 8, "epochs": 1, "align": 1.0})
    model.fit(data, run=Run(device="cpu", threads=1))
    assert np.isfinite(model.item_vectors()).all()

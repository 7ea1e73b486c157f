"""Graph models: the rule for users by hand, new items by content, likes told from others."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from made import dataset, features, item_vectors, tastes
from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.data import Features, Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models.graph import Reader, restored
from tastemaker.models.nets.light import LightNet
from tastemaker.models.nets.likes import ALIKE, Plan, Task, expected
from tastemaker.models.nets.mm_graph import Spectral

NAMES = ["lightgcn", "freedom", "alpharec", "mm_graph"]
RUN = Run(device="cpu")


def fitted(data, given, **settings):
    settings = {"epochs": 30, "dim": 16, "drop": 0.3, "batch": 64, **settings}
    vectors = item_vectors(items=len(data.items))
    return RECOMMENDERS.build(settings).fit(data, items=vectors, features=given, run=RUN)


def world():
    """Items of three kinds; the last three are new, one of each kind."""
    data, vectors = tastes()
    data = data.only(np.flatnonzero(data.interactions.item < 27))
    return data, {"text": Features("text", vectors.vectors, vectors.known)}


def test_a_query_is_the_mean_of_its_history_by_hand():
    items = np.array([[1, 0], [0, 2], [0, 0]], np.float32)
    reader = Reader(items, np.array([4, 1, 0], np.float32), decay=0.5)
    np.testing.assert_allclose(reader([Query.of([0, 1])]), [[0.25 / 1.5**0.5, 2 / 1.5**0.5]], rtol=1e-6)
    scores = reader.score([Query.of([0]), Query.of([2])])
    np.testing.assert_allclose(scores[0, :2], [0.5, 0], rtol=1e-6)
    assert np.isnan(scores[0, 2])
    assert np.isnan(scores[1]).all()


def test_a_new_item_is_as_popular_as_those_it_is_like():
    items = np.array([*[[1, 0]] * ALIKE, *[[0, 1]] * ALIKE, [0.8, 0.6], [0, 0]], np.float32)
    popular = np.array([*[8, 2] * (ALIKE // 2), *[100] * ALIKE, 0, 0], np.float32)
    np.testing.assert_allclose(expected(items, popular), [*popular[:-2], 4, 0], rtol=1e-6)


def test_sources_are_joined_by_a_circular_convolution_and_absent_ones_left_out():
    one, other = torch.tensor([[1.0, 2, 0, 0], [1, 2, 3, 4]]), torch.tensor([[0.0, 1, 0, 0], [9, 9, 9, 9]])
    found = Spectral(2, 4)([one, other], torch.tensor([[True, True], [True, False]]))
    torch.testing.assert_close(found[0], one)
    torch.testing.assert_close(found[2], torch.tensor([[0.0, 0.5, 1, 0], [1, 2, 3, 4]]))


def test_what_is_told_is_never_in_the_graph_it_is_told_from():
    liked = csr_array((np.random.default_rng(0).random((30, 12)) < 0.3).astype(np.float32))
    net = LightNet(torch.ones(12, dtype=torch.bool), 4, 1)
    task = Task(Plan(8, 0.4), net, liked, RUN)
    told = 0
    for batch in task.batches(1):
        graph = batch.likes.there.to_dense().numpy()
        assert not graph[batch.user, batch.item].any()
        assert (graph[batch.user] != 0).any(axis=1).all()
        assert batch.hit.numpy().tolist() == (liked.toarray()[batch.user][:, batch.others] > 0).tolist()
        told += len(batch.user)
    assert 0.2 < told / liked.nnz < 0.6


@pytest.mark.parametrize(
    "settings",
    [{"name": "mm_graph", "ids": False}, {"name": "mm_graph", "spectral": True}, *({"name": n} for n in NAMES)],
)
def test_tastes_are_told_apart(settings):
    data, given = world()
    recs = fitted(data, given, **settings).recommend(queries(data, range(40)), 3)
    there = recs.items >= 0
    assert (recs.items % 3 == np.arange(40)[:, None] % 3)[there].mean() > 0.6


@pytest.mark.parametrize(
    "settings", [{"name": "mm_graph", "ids": False}, {"name": "mm_graph"}, {"name": "freedom"}, {"name": "alpharec"}]
)
def test_items_that_nobody_took_are_ranked_by_their_content(settings):
    data, given = world()
    scores = fitted(data, given, **settings).score(queries(data, range(40)))[:, 27:]
    assert (scores.argmax(axis=1) == np.arange(40) % 3).mean() > 0.7


def test_lightgcn_has_no_opinion_on_items_that_nobody_took():
    data, given = world()
    scores = fitted(data, given, name="lightgcn", epochs=2).score(queries(data, range(40)))
    assert np.isnan(scores[:, 27:]).all()
    assert np.isfinite(scores[:, :27]).all()


@pytest.mark.parametrize(
    "settings",
    [{"name": "mm_graph", "ids": False}, {"name": "mm_graph", "spectral": True}, *({"name": n} for n in NAMES)],
)
def test_what_stands_in_absent_rows_changes_nothing(settings):
    data, given = dataset(), features()
    junk = {
        name: Features(f.source, np.where(f.present[:, None], f.vectors, np.float32(1e6)), f.present)
        for name, f in given.items()
    }
    one, other = (fitted(data, some, epochs=2, **settings).score([Query.of([1, 2])]) for some in (given, junk))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("settings", [{"name": "alpharec"}, {"name": "mm_graph", "ids": False}])
def test_content_alone_needs_content(settings):
    with pytest.raises(BadSetting, match="content alone"):
        fitted(dataset(), None, **settings)


@pytest.mark.parametrize("name", ["mm_graph", "freedom", "lightgcn"])
def test_behaviour_alone_is_enough_for_the_others(name):
    data, _ = world()
    assert np.isfinite(fitted(data, None, name=name, epochs=2).score([Query.of([1])])[0, :27]).any()


def test_weights_name_sources_that_are_there():
    with pytest.raises(BadSetting, match=r"no source 'sound' to weigh; there are: efficientnet, minilm"):
        fitted(dataset(), features(), name="freedom", weights={"sound": 1.0})


def test_bpr_learns_too():
    data, given = world()
    recs = fitted(data, given, name="lightgcn", loss="bpr").recommend(queries(data, range(40)), 3)
    assert (recs.items % 3 == np.arange(40)[:, None] % 3)[recs.items >= 0].mean() > 0.6


def test_a_damaged_state_is_refused():
    state = fitted(dataset(), None, name="lightgcn", epochs=1).state()
    with pytest.raises(SavedError, match="do not fit together"):
        restored({**state, "popular": state["popular"][:3]})

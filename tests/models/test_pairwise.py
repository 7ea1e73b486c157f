"""Factors trained on pairs against their formulas, and what content adds."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from made import dataset, item_vectors, tastes
from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.data import Features, Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models.nets.pairs import Batch, Layers, Plan, Task
from tastemaker.models.pairwise import Factors, Kind, Reading

RUN = Run(device="cpu")
READING = Reading(alpha=0.5, decay=1.0, dislike=0.25)


def task(data, kind=None, **settings):
    made = {"dim": 4, "batch": 32, "negatives": 2, "reg": 0.0, **settings}
    return Task(Plan(kind or Kind(), READING, **made), data, None, RUN)


def test_a_query_is_the_weighted_sum_of_what_it_liked():
    rng = np.random.default_rng(0)
    reads, ranks, bias = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=5)
    model = Factors(reads, ranks, bias, np.array([True, True, True, True, False]), Reading(0.5, 0.8, 0.25))
    query = Query(None, np.array([0, 4, 2]), np.ones(3), np.full(3, -1), np.zeros(3), np.array([1, 1, -1], np.int8))
    user = (0.64 * reads[0] - 0.25 * reads[2]) / np.sqrt(0.64 + 0.25)
    scores = model.score([query])[0]
    np.testing.assert_allclose(scores[:4], ranks[:4] @ user + bias[:4], rtol=1e-5)
    assert np.isnan(scores[4])
    assert np.isnan(model.score([Query.of([4])])).all()


def test_the_loss_ranks_each_item_by_the_others_of_its_user():
    made = task(dataset())
    made.module.eval()
    net = made.module
    items, starts, who = torch.tensor([3, 5, 7, 2, 9]), torch.tensor([0, 3]), torch.tensor([0, 0, 0, 1, 1])
    others = torch.tensor([[0, 1], [1, 4], [6, 8], [6, 0], [1, 4]])
    read, rank = net.reads.every(made.sources), net.ranks.every(made.sources)
    lines, wanted = [[3, 5, 7], [2, 9]], []
    for n, item in enumerate(items.tolist()):
        rest = [j for j in lines[int(who[n])] if j != item]
        user = read[rest].sum(dim=0) / len(rest) ** 0.5
        wanted.append(-F.logsigmoid(user @ rank[item] - rank[others[n]] @ user).mean())
    loss = made.loss(Batch(items, who, starts, others))
    assert loss.item() == pytest.approx(torch.stack(wanted).mean().item(), rel=1e-5)


def test_an_epoch_holds_every_like_once_beside_items_not_taken():
    data = dataset(n=60)
    made, seen = task(data), []
    taken = set(zip(data.interactions.user.tolist(), data.interactions.item.tolist(), strict=True))
    by_user = {}
    for user, item in sorted(taken):
        by_user.setdefault(user, []).append(item)
    for batch in made.batches(1):
        cuts = [*batch.starts.tolist(), len(batch.items)]
        for a, b in pairwise(cuts):
            line = batch.items[a:b].tolist()
            user = next(u for u, items in by_user.items() if items == line and u not in seen)
            seen.append(user)
            assert not {(user, j) for j in batch.others[a:b].flatten().tolist()} & taken
    assert sorted(seen) == sorted(by_user)


def test_layers_add_an_inner_product_and_a_network():
    torch.manual_seed(0)
    net = Layers(3, 4)
    users, items = torch.randn(2, 1, 6), torch.randn(5, 6)
    got = net(users, items)
    first = torch.cat([net.of_user.weight, net.of_item.weight], dim=1)
    both = torch.cat([users[1, 0, 3:], items[2, 3:]])
    deep = net.last(F.relu(net.next(F.relu(first @ both + net.of_item.bias))))
    want = (users[1, 0, :3] * net.both * items[2, :3]).sum() + deep[0]
    assert got.shape == (2, 5)
    assert got[1, 2].item() == pytest.approx(want.item(), rel=1e-5)


@pytest.mark.parametrize("name", ["bpr", "vbpr", "neumf"])
def test_tastes_are_told_apart(name):
    data, _ = tastes()
    model = RECOMMENDERS.build({"name": name, "dim": 8, "epochs": 30}).fit(data, run=RUN)
    recs = model.recommend(queries(data, range(40)), 3)
    assert (recs.items % 3 == np.arange(40)[:, None] % 3).mean() > 0.6
    assert np.isnan(model.score([Query(None)])).all()


def test_vbpr_ranks_a_new_item_by_its_content():
    data, items = tastes(users=80)
    old = data.only(np.flatnonzero(data.interactions.item < 27))
    features = {"minilm": Features("text", items.vectors, items.known)}
    model = RECOMMENDERS.build({"name": "vbpr", "dim": 8, "epochs": 40}).fit(old, features=features, run=RUN)
    best = model.score(queries(old, range(80)))[:, 27:].argmax(axis=1)
    assert (best == np.arange(80) % 3).mean() > 0.7
    blind = RECOMMENDERS.build({"name": "bpr", "dim": 8, "epochs": 2}).fit(old, features=features, run=RUN)
    assert np.isnan(blind.score(queries(old, [0]))[0, 27:]).all()


def test_a_damaged_network_is_refused():
    model = RECOMMENDERS.build({"name": "neumf", "dim": 4, "epochs": 1}).fit(dataset(), items=item_vectors(), run=RUN)
    state = {name: part for name, part in model.state().items() if name != "net.both"}
    with pytest.raises(SavedError, match="damaged"):
        RECOMMENDERS.build({"name": "neumf", "dim": 4}).restore(state)


@pytest.mark.parametrize("wrong", [{"dim": 0}, {"alpha": 1.5}, {"negatives": 0}, {"learning_rate": 0.0}])
def test_refuses_settings_out_of_range(wrong):
    with pytest.raises(BadSetting):
        RECOMMENDERS.build({"name": "bpr", **wrong})

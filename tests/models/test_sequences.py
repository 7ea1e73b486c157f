"""Sequence models learn an order, read no future, and refuse what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names, tastes
from tastemaker.core import BadSetting, Run, SavedError
from tastemaker.data import Dataset, Features, Interactions, Query, queries
from tastemaker.models import RECOMMENDERS
from tastemaker.models.halves import opinions

NAMES = ["transformer", "gru", "cnn"]


@pytest.mark.parametrize("name", NAMES)
def test_places_depend_on_nothing_that_comes_later(name):
    torch = pytest.importorskip("torch")
    from tastemaker.models.nets.encoders import Encoder, EncoderShape

    net = Encoder(EncoderShape(name, 8, 2, 0.2, 10)).double().eval()
    x = torch.randn(1, 6, 8, dtype=torch.double)
    changed = x.clone()
    changed[:, 4:] = 0
    lengths = torch.tensor([6])
    assert torch.allclose(net(x, lengths)[:, :4], net(changed, lengths)[:, :4])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_liked_gives_no_opinion(name):
    model = RECOMMENDERS.build({"name": name, "epochs": 1, "dim": 8}).fit(dataset(), run=Run(device="cpu"))
    assert np.isnan(model.score([Query(None)])).all()


def test_heads_must_divide_dim():
    with pytest.raises(BadSetting, match="heads"):
        RECOMMENDERS.build({"name": "transformer", "dim": 64, "heads": 3})


def _task(lines, **more):
    pytest.importorskip("torch")
    from tastemaker.models.nets.sequences import Plan, Task

    user = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    log = Interactions.of(user, np.concatenate(lines), time=np.arange(len(user)))
    data = Dataset(names("u", len(lines)), names("i", 60), log, clock="time")
    model = RECOMMENDERS.build({"name": "transformer", "dim": 8, "length": 50})
    plan = Plan(model._shape(), **{n: getattr(model, n) for n in Plan._fields if n != "shape"})
    return Task(plan._replace(**more), data, None, Run(device="cpu", threads=1))


def test_batches_have_about_as_many_places_and_everybody_once():
    rng = np.random.default_rng(0)
    lines = [rng.permutation(60)[:n] for n in rng.integers(2, 40, 200)]
    task = _task(lines, batch=16)
    batches = list(task.batches(1))
    places = np.array([int((batch.target >= 0).sum()) for batch in batches])
    assert places.sum() == sum(len(line) - 1 for line in lines)
    assert sum(len(batch.lengths) for batch in batches) == 200
    assert places[places > 0.5 * places.max()].size >= len(places) - 1  # the last may be short
    assert len({len(batch.lengths) for batch in batches}) > 1


def test_scores_are_cosines_whatever_the_vectors_are_long():
    task = _task([[0, 1, 2, 3], [2, 3, 4], [1, 2]], temperature=0.1)
    reader = task.frozen()
    asked = [Query.of([0, 1, 2])]
    found = opinions(reader, asked)[:, :5]  # the others nobody had
    assert np.abs(found).max() <= 1 + 1e-6
    plain = opinions(replace(reader, cosine=False), asked)[:, :5]
    long = reader.vectors.norm(dim=1).numpy()[:5]
    np.testing.assert_allclose((plain / long)[0] / (plain / long)[0, 0], found[0] / found[0, 0], rtol=1e-4)


def test_without_content_no_id_is_hidden():
    task = _task([[0, 1, 2], [2, 3]], id_dropout=0.9)
    assert task.tower.shape.id_dropout == 0


@pytest.mark.parametrize("name", NAMES)
def test_content_beside_the_network_ranks_new_items_and_is_settled(name):
    data, items = tastes(users=120, items=60, each=10)
    warm = data.only(np.flatnonzero(data.interactions.item < 48))
    features = {"content": Features("text", items.vectors, items.known)}
    model = RECOMMENDERS.build({"name": name, "dim": 8, "blocks": 1, "epochs": 1})
    model.fit(warm, items=items, features=features, run=Run(device="cpu", threads=1))
    asked = queries(warm, range(120))
    found = model.recommend(asked, 3, allowed=np.arange(60) >= 48).items
    assert (found % 3 == np.arange(120)[:, None] % 3).mean() > 0.8
    np.testing.assert_allclose(model.score(asked), model.query_vectors(asked) @ model.item_vectors().T, rtol=1e-4)
    settled = model.settled()
    assert (settled["patience"], settled["closed_new"] > 0) == (0, True)
    again = RECOMMENDERS.build(settled).fit(warm, items=items, features=features, run=Run(device="cpu", threads=1))
    assert again.settled() == settled
    state = {key: value for key, value in model.state().items() if key != "closed.weights"}
    with pytest.raises(SavedError, match="what content weighs"):
        model.restore(state)


def test_what_is_settled_is_what_was_judged():
    data, items = tastes(users=60, items=40, each=8)
    given = {"items": items, "features": {"content": Features("text", items.vectors, items.known)}}
    build, run = {"name": "gru", "dim": 8, "epochs": 1}, Run(device="cpu", threads=1)
    without = RECOMMENDERS.build({**build, "closed": 0.0}).fit(data, **given, run=run)
    assert (without.settled()["closed"], without.settled().get("closed_new")) == (0.0, None)
    bare = RECOMMENDERS.build(build).fit(data, run=run)
    assert bare.settled().get("closed") is None  # where content comes later it is asked
    low = RECOMMENDERS.build({**build, "closed": 0.0, "closed_new": 0.0, "new_penalty": 1.0}).fit(
        data, **given, run=run
    )
    assert low.settled()["new_penalty"] == 1
    again = RECOMMENDERS.build(low.settled()).fit(data, **given, run=run)
    assert again._known.halves.closed is not None

"""Sequence models learn an order, read no future, and refuse what cannot be."""

import numpy as np
import pytest

from made import dataset, names
from tastemaker.core import BadSetting, Run
from tastemaker.data import Dataset, Interactions, Query
from tastemaker.models import RECOMMENDERS

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
    found = reader(asked)[:, :5]  # the others nobody had
    assert np.abs(found).max() <= 1 + 1e-6
    plain = reader._replace(cosine=False)(asked)[:, :5]
    long = reader.items.norm(dim=1).numpy()[:5]
    np.testing.assert_allclose((plain / long)[0] / (plain / long)[0, 0], found[0] / found[0, 0], rtol=1e-4)


def test_without_content_no_id_is_hidden():
    task = _task([[0, 1, 2], [2, 3]], id_dropout=0.9)
    assert task.tower.shape.id_dropout == 0

"""Sequence models learn an order, read no future, and refuse what cannot be."""

import numpy as np
import pytest

from made import dataset
from tastemaker.core import BadSetting, Run
from tastemaker.data import Query
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

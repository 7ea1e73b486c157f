"""Regressions on neighbours against their formula, and against the regression on everything."""

from dataclasses import replace

import numpy as np
import pytest

from made import dataset, names
from tastemaker.core import BadSetting
from tastemaker.data import Query, queries
from tastemaker.models import RECOMMENDERS, slim
from tastemaker.models.slim import regressed
from tastemaker.models.sparse import liked


def made(name="slim", **settings):
    return RECOMMENDERS.build({"name": name, **settings})


def test_with_all_neighbours_it_is_ease():
    data = dataset(n=150)
    asked = queries(data, range(20))
    ease = made("ease", order=0.0, content=0.0, value=0.0, reg=10.0).fit(data).score(asked)
    ours = made(k=15, reg=10.0).fit(data).score(asked)
    there = np.isfinite(ours)
    np.testing.assert_allclose(ours[there], ease[there], rtol=1e-3, atol=1e-5)
    assert not (np.abs(ease[~there]) > 0.2).any()


@pytest.mark.parametrize("cells", [1, 1 << 22])
def test_each_column_is_the_ridge_regression_on_its_neighbours(cells, monkeypatch):
    monkeypatch.setattr(slim, "CELLS", cells)
    taken = liked(dataset(n=120))
    x, found = taken.toarray().astype(float), regressed(taken, 4, 3.0).toarray()
    size = x.sum(axis=0)
    similar = x.T @ x / np.sqrt(np.outer(size, size))
    np.fill_diagonal(similar, 0)
    for item in range(15):
        near = np.flatnonzero((similar[:, item] > 0) & (similar[:, item] >= np.sort(similar[:, item])[-4] - 1e-6))
        want = np.linalg.solve(x[:, near].T @ x[:, near] + 3 * np.eye(len(near)), x[:, near].T @ x[:, item])
        np.testing.assert_allclose(found[near, item], want, rtol=1e-3, atol=1e-5)
        assert not np.delete(found[:, item], near).any()


def test_nobody_who_likes_two_things_teaches_nothing():
    data = dataset(n=10)
    lone = np.unique(data.interactions.user, return_index=True)[1]
    data = replace(data.only(np.sort(lone)), items=names("i", 15))
    assert np.isnan(made().fit(data).score([Query.of([0, 1])])).all()


@pytest.mark.parametrize("wrong", [{"k": 0}, {"reg": 0.0}, {"decay": 0.0}])
def test_refuses_settings_out_of_range(wrong):
    with pytest.raises(BadSetting):
        made(**wrong)

"""The example of the how-to page is a recommender as it stands."""

import re

import numpy as np
import pytest

from house.source import ROOT
from made import dataset
from tastemaker.core import NotFitted
from tastemaker.data import queries

PAGE = (ROOT / "docs" / "how-to" / "bring-a-component-of-your-own.md").read_text("utf-8")


@pytest.fixture(scope="module")
def newest():
    place = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.S)[1], place)
    return place["Newest"]


def test_it_lists_what_came_last_and_never_the_history(newest):
    data = dataset()
    asked = queries(data, np.arange(3))
    lists = newest().fit(data).recommend(asked, k=4)
    assert lists.items.shape == (3, 4)
    for query, items in zip(asked, lists.items, strict=True):
        assert not set(items) & set(query.history)


def test_its_state_is_all_it_learned(newest):
    data = dataset()
    asked = queries(data, np.arange(3))
    fitted, other = newest(least=2).fit(data), newest(least=2)
    with pytest.raises(NotFitted):
        other.score(asked)
    other.restore(fitted.state())
    assert np.array_equal(other.score(asked), fitted.score(asked), equal_nan=True)

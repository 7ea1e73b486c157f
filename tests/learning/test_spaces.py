"""Every search space names settings of its model, and all that it offers can be taken."""

import pytest

from tastemaker.core import settings_of
from tastemaker.core.space import Choice
from tastemaker.models.catalog import RECOMMENDERS


def _ends(values):
    return values.values if isinstance(values, Choice) else (values.low, values.high)


@pytest.mark.parametrize("name", RECOMMENDERS.names())
def test_what_a_space_offers_can_be_taken(name):
    made = RECOMMENDERS.get(name)
    for setting, values in made.space.items():
        for end in _ends(values):
            RECOMMENDERS.build({"name": name, setting: end})
        assert isinstance(values, Choice) or values.low < values.high
        assert isinstance(values, Choice) or not values.log or values.low > 0
    assert set(made.space) <= set(settings_of(RECOMMENDERS.build(name)))
    for start in made.starts:
        RECOMMENDERS.build({"name": name, **start})
        assert set(start) <= set(made.space)

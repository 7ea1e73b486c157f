from typing import get_args

import pytest

from tastemaker.actions.holdout import asking, decided, question_of
from tastemaker.cli.learn import ASKED
from tastemaker.data.held_out import Asked
from tastemaker.models import RECOMMENDERS


@pytest.mark.parametrize(
    ("split", "question"),
    [("time", "time"), ("last:2", "last"), ("ratings", "random"), ("given", None), ("files:x", None)],
)
def test_a_split_says_what_lists_are_for(split, question):
    assert question_of(split) == question
    assert asking(RECOMMENDERS.build("auto"), split).asked == question


def test_a_model_that_does_not_choose_is_left_as_it_is():
    model = RECOMMENDERS.build("popular")
    assert asking(model, "time") is model
    assert decided(model) is model


def test_the_command_names_every_question():
    assert get_args(Asked) == ASKED

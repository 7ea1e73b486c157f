import time
from email.utils import formatdate

import pytest

from tastemaker.core.patience import asked_to_wait


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), (None, None), ("", None), ("soon", None)]
)
def test_numbers_are_seconds_and_other_words_say_nothing(said, seconds):
    assert asked_to_wait(said) == seconds


def test_a_date_is_waited_for_and_one_that_has_passed_is_not():
    assert asked_to_wait(formatdate(time.time() + 60, usegmt=True)) == pytest.approx(60, abs=2)
    assert asked_to_wait(formatdate(time.time() - 60, usegmt=True)) == 0

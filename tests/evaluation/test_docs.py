"""The examples of the pages on evaluation and splits run as they stand."""

import re
from pathlib import Path

import numpy as np
import pytest

from made import dataset
from tastemaker.data import Recommendations

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.S)


def test_the_metric_of_the_how_to_is_a_metric():
    place = {}
    exec(blocks("how-to/add-a-metric.md")[0], place)
    data = dataset()
    asked = np.arange(3, dtype=np.int32)
    items = np.array([[0, 1], [2, -1], [-1, -1]], np.int32)
    recs = Recommendations(asked, items, np.zeros((3, 2), np.float32))
    values = place["FirstPlace"](k=2).measure(recs, data, data)
    for user, value in enumerate(values):
        assert value == (items[user, 0] in data.interactions.item[data.rows_of(user)])


@pytest.mark.parametrize("number", [1, 2])
def test_examples_of_the_evaluation_page_run(number):
    exec(compile(blocks("guide/evaluation.md")[number].replace("print(", "str("), "example", "exec"), {})

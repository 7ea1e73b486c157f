"""Nobody has a right answer, as where all test events are dislikes."""

from dataclasses import replace

import numpy as np

from made import dataset
from tastemaker.data import Recommendations
from tastemaker.evaluation.chosen import choose
from tastemaker.evaluation.evaluate import measure_lists
from tastemaker.evaluation.figures import recall_chart


def test_lists_that_nobody_could_judge_have_no_recall_and_no_chart():
    data = dataset()
    test = data.only(np.arange(150, 200))
    log = test.interactions
    disliked = replace(test, interactions=replace(log, sign=-np.ones_like(log.sign)))
    items = np.tile(np.arange(4, dtype=np.int32), (len(data.users), 1))
    lists = Recommendations(np.arange(len(data.users)), items, np.zeros(items.shape, np.float32))
    report = measure_lists(lists, data.only(np.arange(150)), disliked, chosen=choose(None, 4), k=4)
    assert np.isnan(report.curve).all()
    assert report.to_json()["recall_at"] == [None] * 4
    assert recall_chart([report]) == ""

"""Report pages: whole, escaped, self-contained, with a section for whatever is there."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from made import dataset, item_vectors
from tastemaker.core import BadSetting
from tastemaker.data import Column, Recommendations
from tastemaker.evaluation import compare, evaluate, evaluate_ratings
from tastemaker.evaluation.document import Curve, ReportDocument, SampleUser
from tastemaker.evaluation.html import render, write_report

EVIL = '<script>alert("1")</script>&'
VOID = {"meta", "br", "hr", "img", "input"}


class Chance:
    def __init__(self, train, seed):
        self.train, self.seed = train, seed

    def recommend(self, users, k=10):
        rng = np.random.default_rng(self.seed)
        items = np.array([rng.permutation(len(self.train.items))[:k] for _ in users], np.int32)
        return Recommendations(self.train.users.rows(users), items, np.zeros(items.shape, np.float32))


@pytest.fixture(scope="module")
def reports():
    data = dataset(users=60, items=40, n=900)
    sex = Column("category", np.array(["f", "m"] * 30, object))
    age = Column("number", np.arange(60.0))
    data = replace(data, user_attributes={"sex": sex, "age": age})
    train, test = data.only(np.arange(20, 700)), data.only(np.arange(700, 900))
    vectors = item_vectors(items=40)
    return tuple(
        evaluate(Chance(train, seed), train, test, items=vectors).named(f"model {seed} {EVIL}") for seed in range(3)
    )


@pytest.fixture
def document(reports):
    return ReportDocument(
        f"A run {EVIL}",
        reports,
        summary={"users": 60, EVIL: EVIL, "rules": {"dropped": 3, "shares": [0.5, 1e-6]}, "none": None},
        settings={
            "model": {"name": EVIL, "dims": [64, 32]},
            "encoders": [{"name": "a"}],
            "fast": True,
            "empty": {},
        },
        notes=(EVIL,),
        comparisons=tuple(compare(reports[0], other) for other in reports[1:]),
        ratings=(replace(evaluate_ratings([1.0, 2.0], [1.0, 3.0]), name=EVIL),),
        modalities={"text": (1.0, 0.9), EVIL: (0.5, 0.0)},
        weights={"minilm": (0.7, 0.1), EVIL: (0.3, 0.4)},
        curves=(Curve("training", (1, 2, 3), (0.9, 0.7, 0.6)), Curve(EVIL, (1,), (1.0,))),
        samples=(SampleUser(EVIL, (EVIL,), ((EVIL, EVIL), ("b", ""))), SampleUser("new", (), ())),
        broken=tuple((f"i{n}", EVIL, EVIL) for n in range(60)),
        seconds={"read": 0.5},
        files={"pipeline": EVIL},
    )


class Checker(HTMLParser):
    """Every element is closed where it was opened; what is asked for is noted."""

    def __init__(self):
        super().__init__()
        self.open, self.names, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.links == []
    assert "script" not in checker.names
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<style>.*?</style>|<dl>.*?</dl>", "", page, flags=re.S))
    return checker


def test_a_full_page_is_whole_escaped_and_asks_for_nothing(document):
    page = render(document)
    checker = check(page)
    for section in (
        "Models",
        "How deep, how wide",
        "For whom",
        "Content and training",
        "A few users",
        "Details",
    ):
        assert f"<h2>{section}</h2>" in page
    assert checker.names.count("svg") >= 12
    assert 'name="viewport"' in page
    assert "prefers-color-scheme:dark" in page
    assert "and 10 more in report.json" in page
    assert "nothing yet" in page


def test_one_model_and_nothing_else_is_a_page_too(reports):
    page = render(ReportDocument("short", reports[:1]))
    check(page)
    assert "A few users" not in page
    assert "against" not in page


def test_a_few_metrics_make_a_page(reports):
    few = replace(reports[0], measures={"recall@5": reports[0].measures["recall"]}, slices=(), gaps=())
    check(render(ReportDocument("few", (few,))))
    none = replace(few, exposure=few.exposure * 0, popularity=few.popularity[:5], measures={})
    check(render(ReportDocument("none", (none,), comparisons=(replace(compare(few, few), differences={}),))))


def test_no_model_is_no_page():
    with pytest.raises(BadSetting, match="at least one"):
        render(ReportDocument("empty", ()))


def test_both_files_are_written_whole(document, tmp_path):
    page, plain = write_report(tmp_path / "new", document)
    assert page.read_text(encoding="utf-8") == render(document)
    values = json.loads(plain.read_text(encoding="utf-8"))
    assert values["kind"] == "report"
    assert values["models"][0]["measures"]["ndcg"]["mean"] == pytest.approx(document.reports[0]["ndcg"])
    assert values["samples"][0]["listed"][1] == {"title": "b", "reasons": ""}
    assert len(values["broken"]) == 60
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.html", "report.json"]


def test_values_that_json_cannot_hold_become_null_or_text(document, tmp_path):
    odd = replace(document, settings={"a": math.nan, "b": np.float32(2), "c": tmp_path, 3: (np.int64(1),)})
    values = json.loads(write_report(tmp_path, odd)[1].read_text(encoding="utf-8"))
    assert values["settings"] == {"a": None, "b": 2.0, "c": str(tmp_path), "3": [1]}


def test_the_best_value_is_bold_where_higher_is_better(document):
    page = render(document)
    best = max(r["ndcg"] for r in document.reports)
    assert f"<b>{best:.4f}</b>" in page
    assert "<b>" not in re.search(r"Gini</th>(.*?)</tr>", page).group(1)

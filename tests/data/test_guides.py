"""The examples of the guides run, and their tables tell what the code does."""

import re
from pathlib import Path

import pytest

from tastemaker.data.columns import TABLES, plain
from tastemaker.data.events import WEIGHTS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"


@pytest.mark.parametrize("page", ["data.md", "cleaning.md", "exploring.md"])
def test_the_examples_run(page):
    examples = re.findall(r"<!-- runs -->\n```python\n(.*?)```", (GUIDE / page).read_text("utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        exec(example, {})


def test_the_weights_are_the_documented_ones():
    text = (GUIDE / "data.md").read_text("utf-8")
    table = dict(re.findall(r"^\| ([a-z, ()]+) \| (-?\d) \| ", text, re.MULTILINE))
    told = {name: float(weight) for names, weight in table.items() for name in re.findall(r"[a-z]+", names)}
    assert {name: told[name] for name in WEIGHTS} == WEIGHTS


def test_the_documented_names_are_understood():
    text = (GUIDE / "data.md").read_text("utf-8")
    names = re.search(r"\| column \| other names \|\n\|---\|---\|\n(.*?)\n\n", text, re.DOTALL)[1]
    known = {name for roles in TABLES.values() for usual in roles.values() for name in usual.split()}
    for line in names.splitlines():
        for name in re.split(r"[,;] ", line.split("|")[2].strip()):
            assert name == "..." or plain(name) in known, name

"""The page on experiments: its examples run in their order, and its figures are those of the benchmark."""

import json
import re

from house.source import ROOT
from tastemaker.storage.base import Event, Shown

PAGE = (ROOT / "docs" / "guide" / "experiments.md").read_text("utf-8")


class Kept:
    """The lists that a shop would give back."""

    def __init__(self, lists):
        self.lists = lists

    def shown(self):
        return self.lists


def test_the_examples_run():
    lists = [
        Shown(f"r{n}", f"u{n}", 1.7e9, "v1", "", {"ranking": arm}, ("a",), (1.0,), (0.5,), ("model",))
        for n, arm in enumerate(["control", "new", "new"])
    ]
    events = [Event("u1", "a", "purchase", 9.0, 1.7e9, request="r1")]
    place = {"shop": Kept(lists), "events": events, "print": lambda *said: None}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(compile(block.replace("[...]", "[0.25]"), "example", "exec"), place)
    assert place["answer"].units == {"control": 1, "new": 2}
    assert place["changed"] in ({}, {"model": "v0007"})
    assert place["value"].name == "snips"


def test_its_figures_are_the_benchmarks():
    found = json.loads((ROOT / "benchmarks" / "results" / "experiments.json").read_text("utf-8"))
    power = {name: rows for name, rows in found.items() if "effect +10%, 10%" in name}
    for name, rows in power.items():
        row = rows["conversion, always valid"]
        users = int(re.search(r"(\d+) users", name)[1])
        told = re.search(rf"\| {users:,} \| \**([\d.]+) %.*?day (\d+)", PAGE)
        assert abs(float(told[1]) / 100 - row["share"]) < 0.006
        assert float(told[2]) == row["median day"]
    (bandits,) = (rows for name, rows in found.items() if "bandits" in name)
    for name in ("ips", "snips"):
        assert f"| `{name}` | {bandits[name]['holds']:.1%}".replace("%", " %")[:-2] in PAGE

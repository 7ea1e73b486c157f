"""Experiments that are looked at daily, and intervals of other policies' values, on worlds whose truth is known.

`make test` takes a few, `make soak` enough to tell 95 % from 93 %.
"""

import importlib.util
import sys
from functools import cache

import pytest

from house.source import ROOT


@cache
def bench():
    path = ROOT / "benchmarks" / "quality" / "experiments.py"
    spec = importlib.util.spec_from_file_location("bench_experiments", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its data classes look for it there
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("runs", [pytest.param(60, id="few"), pytest.param(1000, id="many", marks=pytest.mark.soak)])
def test_daily_looks_find_no_difference_where_there_is_none(runs):
    found = bench().experiments(bench().Shop(2000), 0.0, runs, seed=5, sought=0.3)
    for metric in ("conversion", "revenue"):
        assert found[f"{metric}, always valid"]["share"] <= 0.05, found
        assert found[f"{metric}, fixed, peeking"]["share"] > 0.15, found


@pytest.mark.parametrize("runs", [pytest.param(15, id="few"), pytest.param(200, id="many", marks=pytest.mark.soak)])
def test_ten_percent_more_conversion_is_found_with_twenty_thousand_users(runs):
    found = bench().experiments(bench().Shop(20_000), 0.1, runs, seed=5, sought=0.1)
    assert found["conversion, always valid"]["share"] >= 0.8, found


@pytest.mark.parametrize(
    ("runs", "low", "high"),
    [pytest.param(300, 0.91, 0.98, id="few"), pytest.param(4000, 0.93, 0.97, id="many", marks=pytest.mark.soak)],
)
def test_intervals_of_other_policies_hold_the_truth(runs, low, high):
    found = bench().coverage(runs, 2000, seed=5)
    for name in ("ips", "snips", "dr"):
        assert low <= found[name]["holds"] <= high, found
    assert found["dr"]["width"] < found["ips"]["width"]
    assert found["ips clipped at 3"]["error"] < -0.02

"""Lists from a million items within 2 GiB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks/speed/bench_scale.py"


@pytest.mark.parametrize(
    "size", [("50000", "300"), pytest.param(("1000000", "10000"), marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_exact_lists_of_many_items_within_2_gib(size):
    done = subprocess.run([sys.executable, BENCH, *size], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["right"] == found["checked"] == 20
    assert found["peak GiB"] < 2

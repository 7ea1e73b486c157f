"""The service as a process of its own under load: nothing is lost by a kill, nothing fails, memory stays."""

import json
import shutil
import subprocess
import sys

import pytest

from house.source import ROOT
from process import environment

wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="the load generator wrk is not installed")


def figures(script, *words):
    command = [sys.executable, str(ROOT / "benchmarks" / "serving" / script), *words]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_what_was_answered_survives_three_kills_and_counts_once():
    found = figures("kill.py", "--times", "3")
    assert (found["lost"], found["twice"]) == (0, 0)
    assert found["acknowledged"] > 0
    assert found["ready_cpu_s"] < 5


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_what_was_answered_survives_fifty_kills_and_counts_once():
    found = figures("kill.py", "--times", "50")
    assert (found["lost"], found["twice"]) == (0, 0)


@wrk
@pytest.mark.soak
def test_no_list_fails_under_load_and_both_indexes_find_the_same():
    found = figures("recommend.py", "--short")
    for index in ("exact", "ann"):
        assert [load for load in found[index].values() if isinstance(load, dict) and load.get("failed")] == []
    assert found["ann"]["recall@20, all"] > 0.95
    assert found["ann"]["recall@20, one in a hundred"] > 0.95


@wrk
@pytest.mark.soak
def test_no_event_fails_under_load():
    found = figures("events.py", "--short")
    assert {load["failed"] for load in (*found["single"].values(), *found["batches of 500"].values())} == {0}


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_stays_over_ten_minutes_of_all_that_is_asked():
    found = figures("soak.py", "--short", "--minutes", "10")
    assert found["requests"] > 1_000
    assert found["grew_mib"] < 20

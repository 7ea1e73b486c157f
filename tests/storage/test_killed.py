"""kill -9 in the middle of group commits: what was acknowledged is there, once."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tastemaker.storage.open import open_store

CHILD = """
import sys, threading
from tastemaker.storage.base import Event
from tastemaker.storage.intake import Intake
from tastemaker.storage.open import open_store

store = open_store(sys.argv[1])
intake, speak = Intake(store), threading.Lock()

def visit(k):
    for j in range(1_000_000):
        name = f"{sys.argv[2]}-{k}-{j}"
        intake.submit("default", [Event(f"u{k}", f"i{j % 50}", "click", time=1.75e9 + j, id=name)]).result()
        with speak:
            print(name, flush=True)

for k in range(8):
    threading.Thread(target=visit, args=(k,)).start()
"""


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])], ids=str)
def test_what_was_acknowledged_outlives_kill_9(url, rounds):
    acknowledged = set()
    for round_ in range(rounds):
        child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(round_)], stdout=subprocess.PIPE, text=True)
        said = [child.stdout.readline() for _ in range(60 + 37 * round_ % 100)]
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        acknowledged |= {line.strip() for line in said if line.endswith("\n")}
    began = time.monotonic()
    store = open_store(url)
    stored = [event.id for event in store.shop().events(limit=1_000_000)]
    assert time.monotonic() - began < 5
    assert len(stored) == len(set(stored))
    assert len(acknowledged) >= 60 * rounds
    assert acknowledged <= set(stored)
    store.check()
    store.close()

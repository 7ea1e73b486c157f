"""A real service: a process of its own, asked over the loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from house.source import ROOT


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TASTEMAKER_")}
    return {**plain, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **more}


class Running:
    """Its `url`, and the `key` that it made."""

    def __init__(self, process, url, key):
        self.process, self.url, self.key = process, url, key


@contextmanager
def running(model, home, *options):
    port = free_port()
    command = [sys.executable, "-m", "tastemaker", "serve", str(model), "--home", str(home), "--port", str(port)]
    with (home.parent / f"{home.name}.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], env=environment(), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, home.parent / f"{home.name}.log")
        yield Running(process, url, (home / "key").read_text())
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process, url, log):
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.05)

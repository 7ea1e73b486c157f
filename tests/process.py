"""A real service: a process of its own, asked over the loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from house.source import ROOT
from shop import write_shop


def fitted(folder, encoders):
    """A saved pipeline: 30 users of three topics, 24 items with a word or two of each topic, category and price."""
    import tastemaker as tm
    from tastemaker.models.item_knn import ItemKNN

    data = tm.read(write_shop(folder / "shop"))
    tm.Pipeline(model=ItemKNN(), encoders=encoders).fit(data).save(folder / "shop.tm")
    return folder / "shop.tm"


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """It reads texts."""
    from tastemaker.features.text.tfidf import TfIdf

    return fitted(tmp_path_factory.mktemp("served"), [TfIdf()])


@pytest.fixture(scope="session")
def wordless(tmp_path_factory):
    """It knows behaviour alone, so that no process beside the service need start."""
    return fitted(tmp_path_factory.mktemp("wordless"), [])


@pytest.fixture(scope="session")
def server(saved, tmp_path_factory):
    """A process of its own; tests that ask it leave its shop's own users and items as they are."""
    with running(saved, tmp_path_factory.mktemp("running") / "home") as found:
        yield found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TASTEMAKER_")}
    return {**plain, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **more}


SECRET = "a secret that webhooks of tests are signed with"
SIGNED = {"TASTEMAKER_WEBHOOK_SECRET": SECRET}


class Running:
    """Its `url`, the `key` that it made, and its `home`."""

    def __init__(self, process, url, key, home):
        self.process, self.url, self.key, self.home = process, url, key, home


@contextmanager
def running(model, home, *options):
    port = free_port()
    command = [sys.executable, "-m", "tastemaker", "serve", str(model), "--home", str(home), "--port", str(port)]
    with (home.parent / f"{home.name}.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], env=environment(**SIGNED), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, home.parent / f"{home.name}.log")
        yield Running(process, url, (home / "key").read_text(), home)
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

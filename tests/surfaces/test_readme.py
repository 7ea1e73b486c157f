"""The first screen of the README runs as it stands."""

import csv
import os
import re
import subprocess
import sys

import pytest

from house.source import ROOT
from shop import write_shop

README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.search(r"```python\n(.*?)```", README, re.S)[1]
SHELL = [line.split("#")[0].split() for line in re.findall(r"^tastemaker (?:init|read|run|recommend) .*", README, re.M)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shop with pictures, and with the user of the README."""
    from PIL import Image

    place = tmp_path_factory.mktemp("readme")
    shop = write_shop(place / "shop", users=18, items=12)
    (shop / "tastemaker.toml").unlink()
    (shop / "images").mkdir()
    rows = list(csv.reader((shop / "items.csv").read_text().splitlines()))
    for number, row in enumerate(rows[1:]):
        Image.new("RGB", (32, 32), (20 * number, 90, 160)).save(shop / "images" / f"{number}.png")
        row.append(f"images/{number}.png")
    with (shop / "items.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*rows[0], "image"], *rows[1:]])
    log = shop / "interactions.csv"
    log.write_text(re.sub(r"\bu0\b", "ann", log.read_text()))
    return place


def _run(command, folder):
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if "weights pull" in done.stderr:
        pytest.skip("weights not pulled: tastemaker weights pull minilm efficientnet")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.weights
def test_the_python_runs(folder):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    out = _run([sys.executable, "-W", "error::UserWarning", "-c", PYTHON], folder)
    assert "ndcg" in out.lower()
    assert re.search(r"\['i\d+'", out), "the list of ann"


def test_the_python_has_15_lines_or_so():
    assert len([line for line in PYTHON.splitlines() if line.strip()]) <= 16


def test_the_commands_run_one_after_the_other(folder):
    for words in SHELL:
        _run([sys.executable, "-m", *words], folder)
    with (folder / "lists.csv").open() as file:
        head, *lists = csv.reader(file)
    assert head == ["user_id", "item_id", "rank", "score"]
    assert {row[0] for row in lists} >= {"ann", "u1"}
    assert (folder / "shop.tm" / "report.html").exists()
    assert (folder / "shop.tm" / "report.json").exists()

"""kill -9 in the middle of fitting and saving: what was finished stays whole."""

import os
import signal
import subprocess
import sys
import time

import pytest

from shop import call_json, write_shop

SLOW_SAVE = """
import sys, time
import tastemaker.pipeline.saving as saving
write = saving.write_state
def slow(path, state):
    write(path, state)
    print("saving", flush=True)
    time.sleep(60)
saving.write_state = slow
from tastemaker.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

SLOW_FIT = """
import sys, time
from tastemaker.models.item_knn import ItemKNN
def slow(self, data, given, run):
    print("fitting", flush=True)
    time.sleep(60)
ItemKNN.learn = slow
from tastemaker.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def killed_at(word, script, *words):
    command = [sys.executable, "-c", script, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            if line.strip() == word:
                time.sleep(0.1)
                os.kill(process.pid, signal.SIGKILL)
                break
    return process.returncode


@pytest.mark.parametrize(("word", "script"), [("saving", SLOW_SAVE), ("fitting", SLOW_FIT)])
def test_the_old_pipeline_stays_whole(capsys, tmp_path, word, script):
    shop, out = write_shop(tmp_path / "shop"), tmp_path / "shop.tm"
    call_json(capsys, "fit", shop, "--out", out)
    before = call_json(capsys, "recommend", out, "--users", "all", "-k", "3")
    code = killed_at(word, script, "fit", shop, "--out", out, "--seed", "1", "--quiet")
    assert code == -signal.SIGKILL
    assert call_json(capsys, "recommend", out, "--users", "all", "-k", "3") == before
    call_json(capsys, "fit", shop, "--out", out)


@pytest.mark.parametrize(("word", "script"), [("saving", SLOW_SAVE), ("fitting", SLOW_FIT)])
def test_nothing_half_written_stands_under_the_name(tmp_path, word, script):
    shop, out = write_shop(tmp_path / "shop"), tmp_path / "shop.tm"
    assert killed_at(word, script, "fit", shop, "--out", out, "--quiet") == -signal.SIGKILL
    assert not out.exists()

"""The command `import`, beside a service that runs."""

import json
import signal
import subprocess
import sys
import time

import tastemaker as tm
from process import environment
from shop import call, call_json


def until(what, seconds=60.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_it_imports_and_tells_what_it_could_not(capsys, tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_text('{"user": "a", "item": "b", "time": 5}\n{"user": "a"}\n')
    code, out, err = call(capsys, "import", path, "--home", tmp_path / "home")
    assert code == 2
    assert "2 rows, 1 events stored, 0 known already, 1 refused" in out
    assert "error: 1 of 2 rows were not taken; the others are stored." in err
    path.write_text('{"user": "a", "item": "b", "time": 5}\n')
    again = call_json(capsys, "import", path, "--home", tmp_path / "home", "--tenant", "other")
    assert (again["rows"], again["new"]) == (1, 1)
    code, _, err = call(capsys, "import", path)
    assert code == 2
    assert "Say where it goes" in err


def test_what_it_follows_is_served_at_once(server, tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("")
    command = [sys.executable, "-m", "tastemaker", "import", log, "--as", "events", "--home", server.home]
    process = subprocess.Popen([*map(str, command), "--follow", "--every", "0.05"], env=environment(), stderr=-1)
    try:
        with tm.Client(server.url, server.key) as shop:
            first = [one.item for one in shop.recommend("follower", k=3).items]
            with log.open("a") as file:
                file.write(json.dumps({"user": "follower", "item": first[0], "kind": "like", "time": 1}) + "\n")
            until(lambda: first[0] not in [one.item for one in shop.recommend("follower", k=3).items])
            assert shop.erase("follower") >= 1
    finally:
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130
    assert "1 rows, 1 events stored" in told

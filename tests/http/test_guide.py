"""The page on serving: its requests and its Python run against a real service."""

import json
import os
import re
import subprocess

import httpx
import pytest

from house.source import ROOT
from process import SECRET

PAGE = (ROOT / "docs" / "guide" / "serving.md").read_text("utf-8")
BLOCKS = [block for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.S | re.M) if "curl" in block]


def test_every_request_of_the_page_is_answered(server, tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("RGB", (16, 16), "blue").save(tmp_path / "boat.png")
    count = 0
    for block in BLOCKS:
        count += block.count("curl -s")
        told = 'curl() { command curl --fail-with-body -w "\\n" "$@" || { echo "$@" >&2; exit 1; }; }\n' + block
        done = subprocess.run(
            ["bash", "-c", told],
            cwd=tmp_path,
            env={**os.environ, "URL": server.url, "KEY": server.key, "SECRET": SECRET},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
        for line in filter(str.strip, done.stdout.splitlines()):
            said = json.loads(line)
            assert said
            assert not isinstance(said, dict) or said.get("items") != [], line
    assert count >= 18


def test_the_python_of_the_page_runs(server, capsys):
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
    exec(code, {"url": server.url, "key": server.key})
    assert len(capsys.readouterr().out.splitlines()) == 5
    gone = httpx.delete(f"{server.url}/v1/items/boat", headers={"X-API-Key": server.key})
    assert gone.status_code == 204

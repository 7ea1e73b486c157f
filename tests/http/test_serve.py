"""Starting: what is checked, what a terminal shows, and what several processes need."""

import json
import logging
import stat
import sys

import pytest
import uvicorn
from starlette.testclient import TestClient

from shop import call
from tastemaker.core import BadSetting, MissingExtra
from tastemaker.http.keys import digest
from tastemaker.http.logs import Lines
from tastemaker.http.serve import KEY, SET_UP, ServeRequest, check_host, loopback, make, serve
from tastemaker.storage.open import open_store

LONG = "a-key-of-my-own-that-is-long"


@pytest.fixture
def started(monkeypatch):
    """What the server was started with: the border where the process would not come back."""
    found = {}
    monkeypatch.setattr(uvicorn, "run", lambda target, **how: found.update(how, target=target))
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(SET_UP, raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield found
    root.handlers, root.level = handlers, level


def test_the_first_start_makes_a_key_for_its_owners_eyes_and_shows_a_first_request(
    wordless, tmp_path, started, monkeypatch
):
    said = []
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    serve(ServeRequest(wordless, home=tmp_path / "home", port=8123, workers=2), said.append)
    key = (tmp_path / "home" / "key").read_text()
    assert stat.S_IMODE((tmp_path / "home" / "key").stat().st_mode) == 0o600
    assert key in said[0]
    assert "http://127.0.0.1:8123/v1/recommend" in said[0]
    assert (started["host"], started["port"], started["workers"]) == ("127.0.0.1", 8123, 2)
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'store.db'}")
    assert store.key(digest(key)) == ("default", ("read", "write", "admin"))
    assert key.encode() not in (tmp_path / "home" / "store.db").read_bytes()
    store.close()
    serve(ServeRequest(wordless, home=tmp_path / "home"), said.append)
    assert key in said[1]
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    serve(ServeRequest(wordless, home=tmp_path / "home"), said.append)
    assert key not in said[2]
    assert "$(cat " in said[2]
    with TestClient(make(), headers={"Authorization": f"Bearer {key}"}) as client:
        assert len(client.post("/v1/recommend", json={"user": "u1", "k": 3}).json()["items"]) == 3


def test_a_key_of_your_own_is_not_told(wordless, tmp_path, started, monkeypatch):
    monkeypatch.setenv(KEY, LONG)
    said = []
    (tmp_path / "service.toml").write_text("[serve]\nrequests_per_second = 5\n")
    request = ServeRequest(wordless, home=tmp_path / "home", config=tmp_path / "service.toml", host="0.0.0.0")
    serve(request, said.append)
    assert LONG not in said[0]
    assert not (tmp_path / "home" / "key").exists()
    with TestClient(make(), headers={"X-API-Key": LONG}) as client:
        assert client.get("/v1/items").status_code == 200
        assert client.app.state.context.service.settings.requests_per_second == 5


def test_another_host_needs_a_key_of_your_own(monkeypatch):
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(BadSetting, match="others can reach"):
        check_host("0.0.0.0")
    monkeypatch.setenv(KEY, LONG)
    check_host("0.0.0.0")
    assert [loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "example.org")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_what_is_wrong_with_the_command_is_told(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    for words in (["serve", tmp_path], ["serve"], ["serve", tmp_path, "--host", "0.0.0.0"]):
        code, _, err = call(capsys, *words)
        assert code == 2
        assert err.startswith("error: ")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[serve\]"):
        serve(ServeRequest(tmp_path), print)


def test_a_log_line_tells_where_an_error_was_and_nothing_of_its_values():
    try:
        raise KeyError("secret user")
    except KeyError as error:
        record = logging.LogRecord(
            "a", logging.ERROR, "f", 1, "it %s", ("failed",), (KeyError, error, error.__traceback__)
        )
    said = json.loads(Lines().format(record))
    assert (said["level"], said["message"], said["error"]) == ("error", "it failed", "KeyError")
    assert "test_a_log_line" in said["at"]
    assert "secret" not in json.dumps(said)
    plain = json.loads(Lines().format(logging.LogRecord("a", logging.INFO, "f", 1, "fine", None, None)))
    assert "error" not in plain


def test_there_is_at_least_one_process(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    code, _, err = call(capsys, "serve", tmp_path / "nothing", "--workers", "0")
    assert code == 2
    assert "workers" in err

"""Starting a service: hosts, keys, what a terminal shows, and logs."""

import json
import logging
import stat
import sys

import pytest
import uvicorn
from starlette.testclient import TestClient

from shop import call
from tastemaker.core import BadSetting, MissingExtra
from tastemaker.http.keys import SCOPES, digest
from tastemaker.http.logs import Lines
from tastemaker.http.serve import KEY, SET_UP, ServeRequest, check_host, greeting, loopback, make, own_key, serve
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("shop.example", False)],
)
def test_only_this_machine_is_reached_without_a_key_of_your_own(host, own, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    assert loopback(host) is own
    if own:
        return check_host(host)
    with pytest.raises(BadSetting, match="openssl rand"):
        check_host(host)
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(BadSetting, match=KEY):
        check_host(host)
    monkeypatch.setenv(KEY, "k" * 32)
    return check_host(host)


def test_the_first_key_is_made_once_and_is_for_its_owner(saved, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    service = open_service(saved, None, tmp_path / "home", ServeSettings())
    key = own_key(service)
    assert own_key(service) == key
    assert stat.S_IMODE((tmp_path / "home" / "key").stat().st_mode) == 0o600
    assert service.store.key(digest(key)) == ("default", SCOPES)
    assert key.encode() not in (tmp_path / "home" / "store.db").read_bytes()
    monkeypatch.setenv(KEY, "k" * 32)
    assert own_key(service) == ""
    assert service.store.key(digest("k" * 32)) == ("default", SCOPES)
    service.close()


def test_a_terminal_shows_where_and_a_first_request(tmp_path):
    said = greeting(ServeRequest(tmp_path, port=9000), "tm_key", "u1")
    assert "http://127.0.0.1:9000" in said
    assert "tm_key" in said
    assert '"user": "u1"' in said
    assert "tm_key" not in greeting(ServeRequest(tmp_path), "", "u1")


def test_what_cannot_be_served_ends_in_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    code, _, err = call(capsys, "serve", tmp_path / "nothing")
    assert (code, err.count("\n")) == (2, 1)
    assert "no saved pipeline" in err
    code, _, err = call(capsys, "serve", tmp_path / "nothing", "--host", "0.0.0.0")
    assert code == 2
    assert KEY in err
    code, _, err = call(capsys, "serve", tmp_path / "nothing", "--workers", "0")
    assert code == 2
    assert "workers" in err


def test_logs_are_lines_of_json_and_keep_the_values_of_an_error_to_themselves():
    try:
        raise ValueError("secret of somebody")
    except ValueError:
        record = logging.LogRecord("tastemaker", logging.ERROR, "f", 1, "it failed", (), sys.exc_info())
    said = json.loads(Lines().format(record))
    assert said["error"] == "ValueError"
    assert "secret" not in json.dumps(said)
    assert said["at"].startswith("test_logs")
    plain = json.loads(Lines().format(logging.LogRecord("a", logging.INFO, "f", 1, "fine", None, None)))
    assert "error" not in plain


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


def test_every_process_of_a_service_serves_what_was_asked_for(wordless, tmp_path, started, monkeypatch):
    monkeypatch.setenv(KEY, "k" * 32)
    said = []
    (tmp_path / "service.toml").write_text("[serve]\nrequests_per_second = 5\n")
    config = tmp_path / "service.toml"
    serve(ServeRequest(wordless, home=tmp_path / "home", config=config, port=8123, workers=2), said.append)
    assert "k" * 32 not in said[0]
    assert not (tmp_path / "home" / "key").exists()
    assert (started["host"], started["port"], started["workers"]) == ("127.0.0.1", 8123, 2)
    with TestClient(make(), headers={"X-API-Key": "k" * 32}) as client:
        assert len(client.post("/v1/recommend", json={"user": "u1", "k": 3}).json()["items"]) == 3
        assert client.app.state.context.service.settings.requests_per_second == 5


def test_without_its_packages_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[serve\]"):
        serve(ServeRequest(tmp_path), print)

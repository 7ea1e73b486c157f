"""Who asks to be forgotten is afterwards nowhere: in no store, log, file, nor in the next model."""

import json
import urllib.request

import pytest

from process import running
from tastemaker.actions.life import Place, TrainRequest, update
from tastemaker.serving.home import knows_erased, live_of
from tastemaker.serving.life import Gate

WHO = "ann.4711@example.org"
OTHERS = ("u1", "u2")


def ask(server, path, body=None, method=None, **headers):
    content = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": server.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(server.url + path, content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def traces(folder, name):
    """Files under a folder in which a name stands, in any case, also as parts of it stand in addresses."""
    forms = {name.encode(), name.replace("@", "%40").encode(), name.encode("utf-16-le")}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms)]


def live_a_little(server):
    """Everything that a user can leave behind, and requests that fail with his name in them."""
    at = WHO.replace("@", "%40")
    likes = [{"user": WHO, "item": f"i{n}", "kind": "like", "comment": f"as {WHO} says"} for n in range(0, 15, 3)]
    assert ask(server, f"/v1/users/{at}", {"id": WHO, "attributes": {"mail": WHO}}, "PUT")[0] == 200
    assert ask(server, "/v1/users", [{"id": WHO}], Idempotency_Key=f"made for {WHO}")[0] == 200
    assert ask(server, "/v1/events", likes, Idempotency_Key=f"liked by {WHO}")[0] == 200
    for _ in range(3):
        assert ask(server, "/v1/recommend", {"user": WHO, "explain": True})[0] == 200
    for user in OTHERS:
        assert ask(server, "/v1/recommend", {"user": user})[0] == 200
    assert ask(server, f"/v1/users/{at}/export")[0] == 200
    assert ask(server, "/v1/rate", {"user": WHO, "items": ["i1"]})[0] == 422
    assert ask(server, "/v1/similar", {"user": WHO})[0] < 500
    assert ask(server, "/v1/recommend", {"user": WHO, "filter": "nothing == 1"})[0] == 422
    assert ask(server, "/v1/events", {"user": WHO, "item": 4, "kind": [WHO]})[0] == 422


@pytest.fixture
def place(saved, tmp_path):
    """The home of a service that has been asked by somebody, trained anew with him in it, and forgot him."""
    home = tmp_path / "home"
    with running(saved, home) as server:
        live_a_little(server)
    made = Place(home)
    assert update(TrainRequest(made, gate=Gate(tolerance=0.9))).version is not None
    assert any("models" in path for path in traces(tmp_path, WHO))
    with running(saved, home) as server:
        live_a_little(server)
        status, said = ask(server, f"/v1/users/{WHO.replace('@', '%40')}", method="DELETE")
        assert (status, json.loads(said)["rows"] > 5) == (200, True)
        left = [path for path in traces(tmp_path, WHO) if "/models/" not in path]
        assert left == [], "while the service runs"
    return made


def test_nobody_who_was_forgotten_is_left_in_any_file(place, tmp_path):
    assert [path for path in traces(tmp_path, WHO) if "/models/" not in path] == []
    for user in OTHERS:
        assert traces(tmp_path, user), "others are kept"


def test_the_next_training_forgets_him_though_nothing_else_came(place, tmp_path):
    with place.open() as (shop, _):
        assert knows_erased(shop, live_of(shop))
    born = update(TrainRequest(place, gate=Gate(tolerance=0.9)))
    assert born.version is not None
    assert born.version.state == "live"
    assert traces(tmp_path, WHO) == []
    with place.open() as (shop, _):
        assert not knows_erased(shop, live_of(shop))
    assert update(TrainRequest(place)).version is None, "nothing came, nobody went"

"""Webhooks: who signs needs no key, what is signed counts once, and nothing else is taken."""

import asyncio
import base64
import time

import httpx
import pytest

from running import fitted, running
from tastemaker.core import BadSetting
from tastemaker.http.hooks import check, secret_of, signature
from tastemaker.http.keys import digest
from tastemaker.http.problems import Problem
from tastemaker.http.serve import ServeRequest, serve
from tastemaker.storage import schema

SECRET = b"what the shop and the service share"
BODY = b'{"user": "hooked", "item": "i1", "kind": "purchase"}'


@pytest.fixture(scope="module")
def hooked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hooked")
    model = fitted(folder / "shop", folder / "shop.tm")
    with running(model, secret=SECRET) as (service, client), httpx.Client(base_url=client.base_url) as bare:
        yield service, bare


def signed(name="msg_1", body=BODY, secret=SECRET, shift=0, **more):
    at = str(int(time.time()) + shift)
    heads = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signature(secret, name, at, body)}
    return {key: value for key, value in {**heads, **more}.items() if value is not None}


def test_the_signature_is_that_of_the_published_example():
    """The test vector of the specification's reference libraries."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_event_needs_no_key_and_counts_once_however_often_it_is_sent(hooked):
    service, http = hooked
    heads = signed("msg_once")
    for _ in range(3):
        got = http.post("/v1/events", content=BODY, headers=heads)
        assert (got.status_code, got.json()) == (200, {"new": 1, "known": 0})
    again = http.post("/v1/events", content=BODY, headers=signed("msg_once", shift=-60))
    assert again.json() == {"new": 1, "known": 0}
    assert len(service.shop().history("hooked")) == 1
    other = b'{"user": "hooked", "item": "i2"}'
    assert http.post("/v1/events", content=other, headers=signed("msg_once", other)).status_code == 422


def test_what_is_not_signed_makes_no_second_event_of_a_signed_one(hooked):
    service, http = hooked
    body = BODY.replace(b"hooked", b"seen")
    heads = signed("msg_seen", body)
    for key in (None, "a", "b"):
        more = {} if key is None else {"Idempotency-Key": key}
        assert http.post("/v1/events", content=body, headers={**heads, **more}).json() == {"new": 1, "known": 0}
    assert len(service.shop().history("seen")) == 1


def test_a_repeated_call_counts_once_where_the_answer_to_the_first_was_never_kept(hooked):
    service, http = hooked
    body = b'[{"user": "torn", "item": "i1"}, {"user": "torn", "item": "i2"}]'
    first = http.post("/v1/events", content=body, headers=signed("msg_torn", body))
    with service.store.database.writing() as session:  # as if the process had died before, or another one answered
        session.run(schema.once.delete())
    again = http.post("/v1/events", content=body, headers=signed("msg_torn", body))
    assert (first.json(), again.json()) == ({"new": 2, "known": 0}, {"new": 0, "known": 2})
    assert len(service.shop().history("torn")) == 2


def test_while_a_secret_changes_one_of_several_signatures_suffices(hooked):
    both = signed("msg_both")["webhook-signature"]
    old = signed("msg_both", secret=b"x" * 30)["webhook-signature"]
    heads = signed("msg_both", **{"webhook-signature": f"{old} {both}"})
    got = hooked[1].post("/v1/events", content=BODY, headers=heads)
    assert got.status_code == 200


@pytest.mark.parametrize(
    ("heads", "what"),
    [
        (lambda: signed(secret=b"another secret of enough length"), "not that of this body"),
        (lambda: signed(body=BODY + b" "), "not that of this body"),
        (lambda: signed("msg_2", **{"webhook-id": "msg_3"}), "not that of this body"),
        (lambda: signed(**{"webhook-signature": "v1,"}), "not that of this body"),
        (lambda: signed(**{"webhook-signature": "v1,é".encode()}), "not that of this body"),
        (lambda: signed(**{"webhook-signature": " ".join(["v1,x"] * 50)}), "not that of this body"),
        (lambda: signed(shift=-301), "within 300 seconds"),
        (lambda: signed(shift=310), "within 300 seconds"),
        (lambda: signed(**{"webhook-timestamp": "soon"}), "names webhook-id"),
        (lambda: signed(**{"webhook-timestamp": "9" * 40}), "names webhook-id"),
        (lambda: signed(**{"webhook-timestamp": None}), "names webhook-id"),
        (lambda: signed(**{"webhook-id": None}), "names webhook-id"),
        (lambda: signed("m" * 129), "names webhook-id"),
        (lambda: signed(**{"webhook-signature": None}), "Send a key"),
    ],
)
def test_what_is_signed_otherwise_or_at_another_time_is_refused(hooked, heads, what):
    service, http = hooked
    before = service.shop().last_event()
    got = http.post("/v1/events", content=BODY, headers=heads())
    assert got.status_code == 401
    assert what in got.json()["detail"]
    assert service.shop().last_event() == before


def test_a_key_beside_a_signature_must_be_right_too_and_says_the_tenant(hooked):
    service, http = hooked
    service.store.put_key(digest("other"), "other", ["write"])
    service.store.put_key(digest("reads"), "default", ["read"])
    answers = [
        http.post("/v1/events", content=BODY, headers=signed(f"msg_{key}", **{"X-API-Key": key})).status_code
        for key in ("other", "reads", "unheard")
    ]
    assert answers == [200, 403, 401]
    assert len(service.shop("other").history("hooked")) == 1


def test_a_signature_opens_no_other_address(hooked):
    for method, path in (("POST", "/v1/items"), ("DELETE", "/v1/events?user=a&item=b"), ("POST", "/v1/recommend")):
        assert hooked[1].request(method, path, content=BODY, headers=signed("msg_elsewhere")).status_code == 401


def test_without_a_secret_nothing_is_taken_that_is_signed_alone(bare):
    got = bare.post("/v1/events", content=BODY, headers=signed())
    assert got.status_code == 401
    assert "TASTEMAKER_WEBHOOK_SECRET" in got.json()["detail"]
    assert bare.post("/v1/events", content=BODY, headers=signed(**{"X-API-Key": "unheard"})).status_code == 401


def test_the_body_is_read_only_where_all_else_is_right():
    class Unread:
        def __init__(self, heads):
            self.headers = heads

        async def body(self):
            raise AssertionError("read")

    for secret, heads in ((b"", signed()), (SECRET, signed(shift=-301)), (SECRET, signed(**{"webhook-id": None}))):
        with pytest.raises(Problem):
            asyncio.run(check(secret, Unread(heads), time.time()))


def test_secrets_are_read_and_checked(monkeypatch, tmp_path):
    assert secret_of("") == b""
    assert secret_of("x" * 24) == b"x" * 24
    assert secret_of("whsec_" + base64.b64encode(b"y" * 32).decode()) == b"y" * 32
    for short in ("short", "whsec_" + base64.b64encode(b"short").decode()):
        with pytest.raises(BadSetting, match="5 bytes; expected 24"):
            secret_of(short)
    with pytest.raises(BadSetting, match="Base64 behind it"):
        secret_of("whsec_é")
    monkeypatch.setenv("TASTEMAKER_WEBHOOK_SECRET", "whsec_no base64")
    with pytest.raises(BadSetting, match="Base64 behind it"):
        serve(ServeRequest(tmp_path / "shop.tm"), print)

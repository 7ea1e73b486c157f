"""The encoder of OpenAI-compatible services, against a real server of this machine."""

import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest

from made import dataset
from service import KEY, answer, honest, serving, vector
from tastemaker.core import BadSetting, ServiceError, settings_of
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract
from tastemaker.features.text import embeddings_api
from tastemaker.features.text.openai import OpenAI


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    with serving() as made:
        yield made


@pytest.fixture
def waits(monkeypatch):
    """Seconds that would have been waited."""
    found = []
    monkeypatch.setattr(embeddings_api.time, "sleep", found.append)
    return found


def build(service, **how):
    return ENCODERS.build({"name": "openai", "url": service.url, "model": "small", "key": "TEST_KEY", **how})


def unit(text, dim=8):
    row = vector(text, dim)
    return row / np.linalg.norm(row)


def test_texts_are_sent_in_batches_and_come_back_in_order(service):
    texts = [f"text {n}" for n in range(7)]
    found = build(service, batch=3).encode(texts)
    np.testing.assert_allclose(found, [unit(text) for text in texts], atol=1e-6)
    assert found.dtype == np.float32
    assert [len(asked["input"]) for _, asked in service.seen] == [3, 3, 1]
    head, asked = service.seen[0]
    assert head["Authorization"] == f"Bearer {KEY}"
    assert asked == {"model": "small", "input": texts[:3], "encoding_format": "float"}


def test_settings_reach_the_service(service):
    encoder = build(service, dimensions=5, prefix="query: ", normalise=False, key="")
    assert encoder.dim == 5
    np.testing.assert_allclose(encoder.encode(["a"])[0], vector("query: a", 5), atol=1e-6)
    head, asked = service.seen[0]
    assert "Authorization" not in head
    assert (asked["dimensions"], asked["input"]) == (5, ["query: a"])
    assert encoder.encode([]).shape == (0, 5)
    assert build(service).encode([]).shape == (0, 8)


def test_long_texts_are_sent_in_chunks(service):
    found = build(service, max_length=16, chunks=2, normalise=True).encode(["x" * 40, ""])
    assert service.texts == ["x" * 16, "x" * 16, "."]
    np.testing.assert_allclose(found[0], unit("x" * 16), atol=1e-6)


def test_busy_servers_are_asked_again(service, waits):
    late = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    service.plan = [
        lambda h, _: answer(h, 429, {"error": {"message": "slow down"}}, Retry_After="7"),
        lambda h, _: answer(h, 503, Retry_After=late),
        lambda h, _: answer(h, 500),
        lambda h, _: answer(h, 502, b"<html>bad gateway</html>"),
    ]
    np.testing.assert_allclose(build(service).encode(["a"])[0], unit("a"), atol=1e-6)
    assert len(service.seen) == 5
    assert waits[0] == 7
    assert waits[1] == pytest.approx(30, abs=3)
    assert waits[2:] == [2.0, 4.0]


def test_a_server_that_stays_busy_is_given_up(service, waits):
    service.plan = [lambda h, _: answer(h, 429, {"error": {"message": "quota"}})] * 3
    with pytest.raises(ServiceError, match=r"was asked 3 times; in the end it said 429: 'quota'"):
        build(service, retries=2).encode(["a"])
    assert len(service.seen) == 3
    service.plan = [lambda h, _: answer(h, 429, Retry_After="3600")]
    with pytest.raises(ServiceError, match="asks to wait 3,600 s"):
        build(service).encode(["a"])


def test_silence_and_broken_lines_are_asked_again(service, waits):
    service.plan = [lambda h, _: threading.Event().wait(0.6), lambda h, _: h.connection.close()]
    np.testing.assert_allclose(build(service, timeout=0.3).encode(["a"])[0], unit("a"), atol=1e-6)
    assert len(service.seen) >= 2
    with pytest.raises(ServiceError, match="no answer came"):
        OpenAI(url="http://127.0.0.1:9/v1", model="m", key="", retries=1).encode(["a"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>hello</html>", "what is no JSON"),
        (b"[1]", "expected an object"),
        ({"data": "no"}, "no embeddings as OpenAI describes"),
        ({"data": [{"index": 0}]}, "no embeddings as OpenAI describes"),
        ({"data": [{"index": 0, "embedding": ["a"]}]}, "no embeddings as OpenAI describes"),
        ({"data": []}, "2 texts were asked for, 0 vectors came"),
        ({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}, "2 texts were asked for"),
        ({"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]}, "have 1, 2 numbers"),
        ({"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]}, "have 0 numbers"),
        (b'{"data": [{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]}', "not made of numbers"),
    ],
)
def test_wrong_answers_are_refused(service, body, says):
    service.plan = [lambda h, _: answer(h, body=body)]
    with pytest.raises(ServiceError, match=says):
        build(service).encode(["a", "b"])


def test_the_width_may_not_change(service):
    encoder = build(service)
    encoder.encode(["a"])
    service.plan = [lambda h, asked: honest(h, asked, dim=9)]
    with pytest.raises(ServiceError, match="have 9 numbers, expected 8"):
        encoder.encode(["b"])
    service.plan = [lambda h, asked: honest(h, {"input": asked["input"]})]
    with pytest.raises(ServiceError, match="have 8 numbers, expected 4"):
        build(service, dimensions=4).encode(["b"])


def test_the_key_is_kept_nowhere_and_said_nowhere(service, waits):
    encoder = build(service, retries=0)
    encoder.encode(["a"])
    for code in (401, 500):
        service.plan = [lambda h, _, code=code: answer(h, code, {"error": {"message": f"wrong key {KEY}!"}})]
        with pytest.raises(ServiceError, match=r"wrong key \*\*\*!") as error:
            encoder.encode(["b"])
        assert KEY not in f"{error.value!r}{error.value.__cause__!r}"
    assert KEY not in f"{encoder!r}{encoder._endpoint!r}{settings_of(encoder)}{encoder.fingerprint()}"
    assert KEY.encode() not in pickle.dumps(encoder)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(encoder)).encode(["a"])[0], unit("a"), atol=1e-6)


def test_another_address_does_not_get_the_key(service):
    with serving() as other:
        service.plan = [lambda h, _: answer(h, 307, Location=f"{other.url}/embeddings")]
        with pytest.raises(ServiceError, match="refuses with 307"):
            build(service).encode(["a"])
        assert other.seen == []


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"url": ""}, "needs `url`"),
        ({"url": "ftp://host/v1"}, "needs `url`"),
        ({"model": ""}, "needs `url`"),
        ({"url": "http://example.com/v1"}, "unencrypted"),
        ({"url": "https://me:pass@example.com/v1"}, "no user, password"),
        ({"key": "sk-abc123"}, "NAME of an environment variable"),
        ({"key": "0123456789abcdef0123456789abcdef"}, "NAME of an environment variable"),
        ({"max_cost": 1.0}, "needs `price`"),
        ({"key": "NO_SUCH_KEY"}, "NO_SUCH_KEY is not set"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_sent(service, how, says):
    with pytest.raises(BadSetting, match=says) as error:
        build(service, **how).encode(["a"])
    assert "sk-abc123" not in str(error.value)
    assert service.seen == []


def test_a_cap_stops_before_it_is_passed(service):
    encoder = build(service, batch=1, max_tokens=30)
    with pytest.raises(ServiceError, match="could lead beyond `max_tokens` = 30"):
        encoder.encode(["two words"] * 20)
    assert 5 <= len(service.seen) <= 15
    assert encoder.used == 2 * len(service.seen) <= 30
    costly = build(service, batch=1, max_cost=0.00003, price=1.0)
    with pytest.raises(ServiceError, match="beyond `max_cost` = 3e-05"):
        costly.encode(["two words"] * 20)
    assert costly.used <= 30
    service.plan = [lambda h, asked: answer(h, body={"data": [{"index": 0, "embedding": [1.0]}]})]
    silent = build(service, max_tokens=100)  # a service that does not count: each byte is a token
    silent.encode(["two words"])
    assert silent.used == 10


def test_what_was_made_before_the_cap_is_in_the_cache(service, tmp_path):
    texts = [f"film number {n} " + "word " * 20 for n in range(128)]
    data = dataset(items=128, content={"text": [(text,) for text in texts]})
    with pytest.raises(ServiceError, match="max_tokens"):
        extract(data, [build(service, max_tokens=8_000)], cache=FeatureCache(tmp_path))
    asked = len(service.texts)
    assert asked == 64
    found = extract(data, [build(service)], cache=FeatureCache(tmp_path))
    assert found.counts["openai"]["cached"] == 64
    assert len(service.texts) == 128
    assert found.features["openai"].present.all()


def test_the_fingerprint_knows_the_model_but_not_the_purse(service):
    first = build(service).fingerprint()
    same = {"key": "", "timeout": 3, "retries": 1, "max_tokens": 9, "price": 2, "batch": 1, "label": "x"}
    assert build(service, **same).fingerprint() == first
    for other in ({"model": "large"}, {"url": service.url + "/2"}, {"revision": "2"}, {"dimensions": 4}):
        assert build(service, **other).fingerprint() != first
    assert json.dumps(settings_of(build(service)))

"""Whatever is sent, an answer comes, and it is no server error."""

import json
import re
from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

SLOW = "{modality}"  # addresses that decode files, in a process of their own
LONGEST = 30.0  # seconds
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["u1", "i1", "\0", "\ud800", "a" * 300, "../../etc/passwd", "1e999", "'"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([-1, 2**63, 10**400, 1e308, -0.0])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
NASTY = (
    b"",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"user": "\xed\xa0\x80"}',
    b"1" * 5000,
    b'"\\ud800"',
    b"NaN",
)


def relaxed(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def good(response, what):
    """No server error, but for what a model cannot do, or a reason that is told."""
    told = f"{what}: {response.status_code} {response.text[:300]}"
    assert response.elapsed.total_seconds() < LONGEST, told
    if response.status_code >= 500:
        assert response.status_code in {501, 503}, told
        assert response.json()["detail"], told
    if response.status_code >= 400 and response.request.url.path.startswith("/v1"):
        assert response.headers["content-type"] == "application/problem+json", told


def send(http, case):
    """A generated case through the test's client."""
    said = case.as_transport_kwargs(base_url="http://testserver")
    said.pop("cookies", None)
    data = said.pop("data", None)
    if data is not None:
        said["content" if isinstance(data, bytes | str) else "data"] = data
    said["headers"] = {name: value for name, value in said["headers"].items() if name.lower() != "x-api-key"}
    return http.request(**said)


def bodies(schema):
    """Bodies whose fields have known names and any values, anything else, and what is no JSON at all."""
    named = {name for part in schema["components"]["schemas"].values() for name in part.get("properties", ())}
    fields = st.dictionaries(st.sampled_from(sorted(named)), VALUES, max_size=5)
    said = (fields | st.lists(fields, max_size=3) | VALUES).map(lambda value: json.dumps(value).encode())
    return said | st.binary(max_size=40) | st.sampled_from(NASTY)


def fuzz_bodies(http, examples):
    """Any body to any address that takes one; answers by their status."""
    schema = http.get("/openapi.json").json()
    paths = {path: ways for path, ways in schema["paths"].items() if SLOW not in path}
    takes = [(m, path) for path, ways in paths.items() for m in ("post", "put", "patch") if m in ways]

    answered = Counter()

    @relaxed(examples)
    @given(
        st.sampled_from(sorted(takes)), bodies(schema), st.sampled_from(["u1", "i1", "%00", "%F0%9F%98%80", "image"])
    )
    def ask(where, body, name):
        method, path = where
        for part in re.findall(r"{\w+}", path):
            path = path.replace(part, name)
        answer = http.request(method, path, content=body, headers={"Content-Type": "application/json"})
        answered[answer.status_code] += 1
        good(answer, f"{method} {path} {body[:200]!r}")

    ask()
    return answered


def fuzz(http, examples, least=0):
    """Calls of every operation of the description: half of them as it says, half of them not; answers by their status.

    Args:
        http: Who is asked.
        examples: Calls of an operation of each kind, for those of which there are as many.
        least: Other calls are made in further rounds until there are so many in all.
    """
    schema = schemathesis.openapi.from_dict(http.get("/openapi.json").json())
    answered = Counter()

    def ask(case):
        answer = send(http, case)
        answered[answer.status_code] += 1
        good(answer, f"{case.operation.label} {case.body!r:.300} {case.query!r:.300}")

    several = [(found.ok(), mode) for found in schema.get_all_operations() for mode in GenerationMode]
    for turn in range(100):
        more = []
        for operation, mode in several:
            before, slow = answered.total(), SLOW in operation.path
            calls = given(operation.as_strategy(mode))(ask)
            with suppress(Unsatisfiable):  # nothing about it can be wrong
                relaxed(2 if slow else examples)(seed(turn)(calls))()
            if not slow and answered.total() - before >= min(examples, 10):
                more.append((operation, mode))
        several = more  # those that are not the same call again
        if answered.total() >= least or not several:
            break
        examples = (least - answered.total()) // len(several) + 1
    return answered


def test_no_generated_call_is_answered_by_a_server_error(http):
    assert fuzz(http, 2, least=400).total() >= 400


def test_no_body_is_answered_by_a_server_error(http):
    assert fuzz_bodies(http, 300).total() == 300


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_none_of_twenty_thousand_generated_calls_is_answered_by_a_server_error(http, record_testsuite_property):
    described = fuzz(http, 110, least=16_000)
    bodies = fuzz_bodies(http, 5_000)
    record_testsuite_property("described calls by status", json.dumps(sorted(described.items())))
    record_testsuite_property("bodies by status", json.dumps(sorted(bodies.items())))
    assert described.total() >= 16_000
    assert described.total() + bodies.total() >= 20_000

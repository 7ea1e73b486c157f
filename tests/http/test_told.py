"""Events of a body: what is decoded quickly is what the checked body says, and nothing else is taken."""

import json
import time
from dataclasses import fields

import pydantic
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tastemaker.http.told import BODY, events_of
from tastemaker.storage.base import Event

NAMES = [field.name for field in fields(Event) if field.name != "number"]
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["u1", "", "\0", "a" * 256, "a" * 257, "é" * 128, "é" * 129, "🫖" * 64, "🫖" * 65, "b" * 10_001, "1.5", "true"]
)
MOMENTS = st.sampled_from(["2026-11-24T12:00:00Z", "2026-11-24T12:00:00", "yesterday"])
NUMBERS = st.floats() | st.integers() | st.sampled_from([0, -0.0, 1e9, 1e9 + 1, 1e11, 1e12, -1, 10**400, 2**64])
VALUES = TEXTS | NUMBERS | MOMENTS | st.none() | st.booleans() | st.lists(st.none(), max_size=1)
SOUND = {"user": "u1", "item": "i1"}
ONE = st.dictionaries(st.sampled_from([*NAMES, "users"]), VALUES, max_size=4).map(lambda said: SOUND | said)
SOME = (ONE | st.lists(ONE, max_size=3)).map(lambda said: json.dumps(said).encode())
LOOSE = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4).map(lambda said: json.dumps(said).encode())
RAW = [
    b"",
    b"[]",
    b"null",
    b'{"user": "u1", "item": "i1", "user": "u2"}',
    b'{"user": "u1", "item": "i1", "user": 2}',
    b'{"user": "\\ud800", "item": "i1"}',
    b'{"user": "\\ud83e\\uded6", "item": "i1"}',
    b'{"user": "\xed\xa0\x80", "item": "i1"}',
    b'{"user": "\xff", "item": "i1"}',
    b'{"user": "a\x00b", "item": "i1"}',
    b'{"user": "a\nb", "item": "i1"}',
    b'{"user": "u1", "item": "i1", "value": 1e999}',
    b'{"user": "u1", "item": "i1", "value": -1e-999}',
    b'{"user": "u1", "item": "i1", "value": NaN}',
    b'{"user": "u1", "item": "i1", "value": 01}',
    b'{"user": "u1", "item": "i1", "value": 1.}',
    b'{"user": "u1", "item": "i1", "value": 0.1234567890123456789}',
    b'{"user": "u1", "item": "i1", "time": 1750000000.1234567}',
    b'{"user": "u1", "item": "i1"} ',
    b'\n[{"user": "u1", "item": "i1"},]',
    b'{"user": "u1", "item": "i1"}}',
    b'\xef\xbb\xbf{"user": "u1", "item": "i1"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
]


def checked(body):
    said, now = BODY.validate_json(body or b"{}"), time.time()
    return [one.event(now) for one in (said if isinstance(said, list) else [said])]


def outcome(way, body):
    """Events, times that are now as such, or what is wrong."""
    try:
        found = way(body)
    except pydantic.ValidationError as error:
        return error.errors(include_url=False, include_context=False, include_input=False)
    return [[getattr(one, name) for name in NAMES if name != "time"] + [as_told(one.time)] for one in found]


def as_told(moment):
    return "now" if abs(time.time() - moment) < 60 else moment


@settings(max_examples=400, deadline=None)
@given(SOME | LOOSE)
@example(json.dumps([SOUND] * 5000).encode())
@example(json.dumps([SOUND] * 5001).encode())
def test_what_is_decoded_is_what_the_checked_body_says(body):
    assert outcome(events_of, body) == outcome(checked, body)


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
def test_what_is_hardly_json_is_judged_as_ever(body):
    assert outcome(events_of, body) == outcome(checked, body)

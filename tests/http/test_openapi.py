"""The description of the addresses is one, and every reference in it leads somewhere."""

import json

import pytest


@pytest.fixture
def said(bare):
    return bare.get("/openapi.json").json()


def references(part):
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    own = {part["$ref"]} if isinstance(part, dict) and isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, inner))


def test_every_reference_leads_somewhere(said):
    found = references(said)
    assert found
    for reference in found:
        place = said
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_bodies_that_are_checked_by_hand_are_described(said):
    def body(address):
        return said["paths"][address]["post"]["requestBody"]["content"]["application/json"]["schema"]

    assert {"user", "k", "filter", "weights", "explain"} <= set(body("/v1/recommend")["properties"])
    assert "behaviour" in json.dumps(body("/v1/recommend"))
    assert "session" in json.dumps(body("/v1/events"))


def test_it_is_valid(said):
    schemathesis = pytest.importorskip("schemathesis")
    schema = schemathesis.openapi.from_dict(said)
    schema.validate()
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 50
    assert all(operation.definition.raw.get("summary") for operation in operations)

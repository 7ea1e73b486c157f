from typing import Annotated, ClassVar

import pytest
from annotated_types import Ge

from tastemaker.core import BadSetting, Catalog, UnknownName, component, settings_of, spec_of
from tastemaker.core.namespace import Namespace


@component
class Plain:
    name: ClassVar[str] = "plain"
    size: Annotated[int, Ge(1)] = 3


@component
class Nested:
    name: ClassVar[str] = "nest_ed"
    parts: list[Plain]
    table: dict[str, float]


def catalog():
    things = Catalog("thing")
    things.entry("plain")(lambda: Plain)
    things.entry("nest_ed")(lambda: Nested)
    return things


def test_a_name_or_a_spec_builds_the_same():
    assert settings_of(catalog().build("plain")) == settings_of(catalog().build({"name": "plain", "size": 3}))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"no thing called 'plan'\. Did you mean 'plain'\? Known: nest_ed, plain\."):
        catalog().get("plan")


@pytest.mark.parametrize("spec", [{"name": "plain", "siz": 2}, {"name": "plain", "size": 0}])
def test_bad_settings_are_refused_with_their_value(spec):
    with pytest.raises(BadSetting, match=r"cannot take these settings:\n  siz"):
        catalog().build(spec)


@pytest.mark.parametrize("spec", [{}, {"name": 3}])
def test_a_spec_without_a_name_is_refused(spec):
    with pytest.raises(BadSetting, match="needs a name"):
        catalog().build(spec)


def test_two_entries_of_one_name_are_a_mistake():
    things = catalog()
    with pytest.raises(ValueError, match="two things called 'plain'"):
        things.entry("plain")(lambda: Plain)


def test_what_is_built_already_passes():
    made = Plain()
    assert catalog().coerce(made) is made
    assert isinstance(catalog().coerce("plain"), Plain)


def test_settings_round_trip_through_plain_values():
    nested = Nested(parts=[Plain(size=7)], table={"a": 1.0})
    assert spec_of(nested) == {
        "name": "nest_ed",
        "parts": [{"name": "plain", "size": 7}],
        "table": {"a": 1.0},
    }


def test_a_namespace_finds_classes_by_their_name():
    things = Namespace(catalog())
    assert things.Plain is Plain
    assert things.NestEd is Nested
    assert dir(things) == ["nest_ed", "plain"]
    with pytest.raises(AttributeError, match="Known: nest_ed, plain"):
        _ = things.Other
    with pytest.raises(AttributeError):
        _ = things._private

"""Two lists served as one."""

from tastemaker.serving.ask import Answer, Listed
from tastemaker.serving.drafting import drafted


def answer(names, request="r", degraded=""):
    return Answer(request, tuple(Listed(name, 1.0, "model") for name in names), "v1", degraded)


def test_one_list_stays_as_it_is():
    only = answer("abc")
    assert drafted([("", only)]) is only


def test_long_lists_are_drafted_at_the_top_and_go_on_as_the_first_has_it():
    one, other = [f"a{n}" for n in range(20)], [f"b{n}" for n in range(20)]
    found = drafted([("x", answer(one)), ("y", answer(other, degraded="model: slow"))])
    assert len(found.items) == 20
    teams = [item.source for item in found.items]
    assert teams[:12].count("x/model") == teams[:12].count("y/model") == 6
    assert teams[12:] == ["model"] * 8
    assert [item.item for item in found.items[12:]] == one[6:14]
    assert found.degraded == "model: slow"


def test_equal_lists_are_drafted_to_the_same_list():
    found = drafted([("x", answer("abcd")), ("y", answer("abcd"))])
    assert [item.item for item in found.items] == list("abcd")
    assert {item.propensity for item in found.items} == {1.0}


def test_a_short_list_loses_no_places():
    found = drafted([("x", answer("abcdef")), ("y", answer("b"))])
    assert sorted(item.item for item in found.items) == list("abcdef")

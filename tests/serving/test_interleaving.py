"""Team draft: fair, with exact chances, and a preference that is found only where there is one."""

from collections import Counter

import numpy as np
import pytest

from tastemaker.core import DataError
from tastemaker.serving.interleaving import chances_of, credit, preference, team_draft

A, B = ("a", "b", "c", "d", "e"), ("b", "e", "a", "f", "c")


def test_chances_by_hand():
    """The first round: a has its best, b its best. The second: a is next at d... by who goes first."""
    assert chances_of(("x", "p"), ("x", "q"), 2) == [{"x": 1.0}, {"p": 0.5, "q": 0.5}]
    assert chances_of(("x", "y"), ("y", "x"), 2) == [{"x": 0.5, "y": 0.5}, {"x": 0.5, "y": 0.5}]


@pytest.mark.parametrize("k", [4, 5])
def test_chances_are_the_frequencies_of_draws(k):
    rng = np.random.default_rng(0)
    drawn = [team_draft(A, B, k, rng) for _ in range(4000)]
    for place, chances in enumerate(chances_of(A, B, k)):
        counts = Counter(one.items[place] for one in drawn)
        assert set(counts) == set(chances)
        for item, chance in chances.items():
            assert counts[item] / 4000 == pytest.approx(chance, abs=0.04)
    assert all(len(set(one.items)) == k for one in drawn)
    assert all(abs(one.teams.count("a") - one.teams.count("b")) <= 1 for one in drawn)


def test_each_item_carries_the_chance_of_its_place():
    drawn = team_draft(A, B, 4, np.random.default_rng(1))
    assert drawn.propensities == tuple(chances_of(A, B, 4)[at][item] for at, item in enumerate(drawn.items))


def test_long_rankings_that_are_much_alike_are_quick():
    rng = np.random.default_rng(2)
    order = np.arange(200)
    one, other = (tuple(map(str, np.argsort(order + rng.normal(0, 3, 200)))) for _ in range(2))
    chances = chances_of(one, other, 100)
    assert [sum(place.values()) for place in chances] == pytest.approx([1.0] * 100)


def test_a_list_ends_where_a_ranking_has_no_more():
    assert len(team_draft(("a",), ("b", "c", "d"), 10, np.random.default_rng(0)).items) <= 3
    assert team_draft((), (), 3, np.random.default_rng(0)).items == ()


def test_a_ranking_that_names_an_item_twice_is_refused():
    with pytest.raises(DataError, match="twice"):
        team_draft(("a", "a"), ("b",), 2, np.random.default_rng(0))


def test_credit_is_the_sign_of_the_votes():
    drawn = team_draft(A, B, 4, np.random.default_rng(3))
    own = [item for item, team in zip(drawn.items, drawn.teams, strict=True) if team == "a"]
    rest = [item for item in drawn.items if item not in own]
    assert (credit(drawn, own), credit(drawn, rest), credit(drawn, drawn.items), credit(drawn, ())) == (1, -1, 0, 0)


def clicks(better, users, rng):
    """Credits where the user takes the first item of a list that he likes: `better` is the share of A's picks liked."""
    found = {}
    for user in range(users):
        own = []
        for _ in range(4):
            drawn = team_draft(A, B, 4, rng)
            liked = [rng.random() < (better if team == "a" else 0.3) for team in drawn.teams]
            own.append(credit(drawn, [item for item, like in zip(drawn.items, liked, strict=True) if like][:1]))
        found[str(user)] = own
    return found


def test_a_preference_is_found_where_there_is_one():
    rng = np.random.default_rng(4)
    found = preference(clicks(0.6, 300, rng))
    assert found.low > 0
    assert found.p < 0.05


def test_none_is_found_where_there_is_none_nor_among_few():
    rng = np.random.default_rng(5)
    none = preference(clicks(0.3, 300, rng))
    assert none.low < 0 < none.high
    few = preference({"ann": [1, 1, 1], "bob": [0]})
    assert (few.mean, few.p) == (1, 1)
    assert preference({}).to_json()["mean"] is None

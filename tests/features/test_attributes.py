import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.core import DataError, SavedError
from tastemaker.data import Column
from tastemaker.features.attributes import Attributes, TableCode
from tastemaker.features.codes import SHARED, parts


def number(*values):
    return Column("number", np.array(values, float))


def category(*values):
    return Column("category", np.array(values, object))


def place(*values):
    return Column("place", np.array(values, object))


TABLE = {
    "age": number(20, 30, np.nan, 50, 60, 35),
    "genre": category("a|b", "b", "a", "", "b|c", "c"),
    "home": place("BR/SP", "BR/RJ", "AR", "", "BR/SP", "AR"),
    "lat": number(-23.5, -22.9, -34.6, np.nan, -23.5, -34.6),
    "lon": number(-46.6, -43.2, -58.4, np.nan, -46.6, -58.4),
}


def test_every_column_is_a_block_of_length_one_or_zero():
    code = Attributes().fit_table(TABLE)
    found = code.encode_table(TABLE)
    assert found.source == "attributes"
    assert found.vectors.shape == (6, code.dim)
    assert found.present.all()
    start = 0
    for part in code.codes:
        lengths = np.linalg.norm(found.vectors[:, start : start + part.dim], axis=1)
        assert np.isclose(lengths, 0).sum() + np.isclose(lengths, 1, atol=1e-5).sum() == 6
        start += part.dim
    assert start == code.dim


def test_a_row_without_any_attribute_is_absent_and_zero():
    table = {"age": number(1, np.nan), "genre": category("a", "")}
    found = Attributes().fit_table(table).encode_table(table)
    assert found.present.tolist() == [True, False]
    assert not found.vectors[1].any()


def test_a_number_of_the_mean_is_not_taken_for_a_missing_one():
    table = {"age": number(1, 2, 3, np.nan)}
    vectors = Attributes().fit_table(table).encode_table(table).vectors
    assert np.linalg.norm(vectors[1]) == pytest.approx(1)
    assert not vectors[3].any()


def test_near_numbers_are_nearer_than_far_ones():
    table = {"year": number(*range(1930, 2000))}
    vectors = Attributes().fit_table(table).encode_table(table).vectors
    nearness = vectors @ vectors[35]
    assert nearness[36] > nearness[45] > nearness[69]


def test_constants_huge_numbers_and_infinities_stay_numbers():
    table = {"same": number(3, 3, 3), "huge": number(1e300, -1e300, 0), "odd": number(np.inf, -np.inf, 1)}
    code = Attributes().fit_table(table)
    found = code.encode_table(table)
    assert np.isfinite(found.vectors).all()
    assert np.isfinite(code.encode_table({"huge": number(1.7e308), "same": number(-1e308)}).vectors).all()


def test_categories_of_a_cell_count_together_and_unknown_ones_not_at_all():
    table = {"genre": category("a|b", "a", "b", "a")}
    code = Attributes().fit_table(table)
    half = np.sqrt(0.5)
    found = code.encode_table({"genre": category("a|b", "a", "z", "b | a|a", "a|z")})
    np.testing.assert_allclose(found.vectors, [[half, half], [1, 0], [0, 0], [half, half], [1, 0]], atol=1e-6)
    assert found.present.all()


def test_rare_categories_are_left_out_and_many_share_columns():
    table = {"maker": category(*(f"m{i % 40}" for i in range(100)), "once")}
    code = Attributes(min_count=2, max_categories=10).fit_table(table)
    assert code.dim == 10 + SHARED
    vectors = code.encode_table(table).vectors
    np.testing.assert_allclose(np.linalg.norm(vectors[:-1], axis=1), 1, atol=1e-6)
    assert not vectors[-1].any()
    np.testing.assert_array_equal(vectors[0], vectors[40])


def test_places_share_their_coarse_levels():
    table = {"home": place("BR/SP", "BR/SP", "BR/RJ", "BR/RJ", "AR", "AR")}
    vectors = Attributes().fit_table(table).encode_table(table).vectors
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] > 0.4
    assert vectors[0] @ vectors[4] == 0
    assert parts("place", "8/85/857") == ["8", "8/85", "8/85/857"]


@pytest.mark.parametrize(
    "names", [("lat", "lon"), ("Latitude", "Longitude"), ("home_lat", "home_lng"), ("lat", "long")]
)
def test_latitude_and_longitude_are_one_place_on_the_globe(names):
    north, east = np.array([0, 0, 10.0, 80, np.nan, 95]), np.array([179.5, -179.5, 100, 10, 5, 5.0])
    table = {names[0]: number(*north), names[1]: number(*east)}
    code = Attributes().fit_table(table)
    assert len(code.codes) == 1
    vectors = code.encode_table(table).vectors
    assert vectors[0] @ vectors[1] > 0.95  # neighbours across the date line
    assert vectors[0] @ vectors[2] < 0.7
    assert not vectors[4:].any()  # half a place, and one beyond the pole


def test_a_latitude_alone_is_a_number():
    assert Attributes().fit_table({"lat": number(1, 2, 3)}).codes[0].form == "number"


def test_one_place_or_none_is_a_place_too():
    for values in ((1.0, 1.0), (np.nan, np.nan)):
        table = {"lat": number(*values), "lon": number(*values)}
        assert np.isfinite(Attributes().fit_table(table).encode_table(table).vectors).all()


def test_only_the_given_rows_are_learned_from():
    mask = np.array([True, True, False, False, True, True])
    learned = Attributes().fit_table(TABLE, mask)
    part = {name: Column(column.kind, column.values[mask]) for name, column in TABLE.items()}
    assert learned == Attributes().fit_table(part)


def test_what_was_learned_is_stored_as_json_and_comes_back_equal():
    code = Attributes().fit_table(TABLE)
    again = TableCode.from_json(code.to_json())
    assert again == code
    assert again.fingerprint() == code.fingerprint()
    np.testing.assert_array_equal(again.encode_table(TABLE).vectors, code.encode_table(TABLE).vectors)


@pytest.mark.parametrize("text", ["", "{", '[{"form": "cube"}]', '[{"form": "number", "colour": 1}]', "[3]", "3"])
def test_a_damaged_code_is_refused(text):
    with pytest.raises(SavedError, match="Fit it anew"):
        TableCode.from_json(text)


def test_later_rows_are_dicts_and_may_lack_or_add_columns():
    code = Attributes().fit_table(TABLE)
    whole = code.encode_table(TABLE).vectors
    rows = [
        {"age": 20, "genre": "a|b", "home": "BR/SP", "lat": -23.5, "lon": "-46.6"},
        {"age": "20", "genre": ["a", "b"], "home": "BR/SP", "lat": -23.5, "lon": -46.6, "colour": "red"},
        {"age": None, "genre": ""},
        {},
    ]
    found = code.encode(rows)
    np.testing.assert_allclose(found[:2], whole[[0, 0]], atol=1e-6)
    assert not found[2:].any()
    assert code.encode([]).shape == (0, code.dim)


def test_words_where_a_number_belongs_are_refused():
    with pytest.raises(DataError, match="'age' is a number"):
        Attributes().fit_table(TABLE).encode([{"age": "old"}])


def test_a_table_may_lack_columns_and_have_others():
    code = Attributes().fit_table(TABLE)
    found = code.encode_table({"age": number(20), "colour": category("red")})
    assert found.vectors.shape == (1, code.dim)
    assert code.encode_table({"colour": category("red")}).present.tolist() == [False]


def test_no_columns_give_no_attributes():
    found = Attributes().fit_table({}).encode_table({})
    assert found.vectors.shape == (0, 1)


def test_rows_as_dicts_are_learned_from_where_nothing_else_is_known():
    rows = [{"age": 1, "genre": "a"}, {"age": 2, "genre": "a"}, {"age": None, "genre": "b"}]
    assert Attributes().encode(rows).shape[0] == 3
    assert Attributes().fingerprint() != Attributes(min_count=1).fingerprint()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True),
            st.text(max_size=8),
            st.text("abAB/|", max_size=6),
            st.floats(-200, 200),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_the_table_vectors_are_numbers_and_rows_do_not_depend_on_each_other(rows):
    numbers, names, places, degrees = zip(*rows, strict=True)
    table = {
        "n": number(*numbers),
        "c": category(*names),
        "p": place(*places),
        "lat": number(*degrees),
        "lon": number(*degrees[::-1]),
    }
    code = Attributes(min_count=1).fit_table(table)
    found = code.encode_table(table)
    assert np.isfinite(found.vectors).all()
    assert TableCode.from_json(json.dumps(json.loads(code.to_json()))) == code
    for row in range(len(rows)):
        alone = code.encode_table({name: Column(c.kind, c.values[[row]]) for name, c in table.items()})
        np.testing.assert_allclose(alone.vectors[0], found.vectors[row], atol=1e-6)
        assert alone.present[0] == found.present[row]

"""Attributes: kinds, places, and what is none."""

import numpy as np
import pytest

from tables import folder, read, rows
from tastemaker.data.places import path, places, postal
from tastemaker.data.settings import DataSettings


def of_items(tmp_path, header, lines, **settings):
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], [("u", "0")])
    rows(tmp_path / "items.csv", ["item_id", *header], [(n, *line) for n, line in enumerate(lines)])
    reading = read(tmp_path, DataSettings(**settings))
    return reading.data.item_attributes, reading.receipt


def test_kinds_are_told_by_the_values(tmp_path):
    lines = [(5 + n, "red" if n % 2 else "blue", f"0{n % 3}", "" if n else "?", n % 4) for n in range(30)]
    found, receipt = of_items(tmp_path, ["price", "colour", "code", "nothing", "shop_id"], lines)
    assert {name: column.kind for name, column in found.items()} == {
        "price": "number", "colour": "category", "code": "category", "shop_id": "category",
    }  # fmt: skip
    assert receipt.rule("columns of items without values").examples == ("nothing",)


def test_codes_and_ignored_columns_by_the_settings(tmp_path):
    lines = [(n % 4, n % 3) for n in range(30)]
    found, _ = of_items(tmp_path, ["shelf", "junk"], lines, categories=["shelf"], ignore=["junk"])
    assert [(name, column.kind) for name, column in found.items()] == [("shelf", "category")]


@pytest.mark.parametrize("value", ["tt{:07}", "0{:06}", "a sentence number {} that nobody repeats"])
def test_names_and_texts_that_differ_everywhere_are_no_attributes(tmp_path, value):
    found, receipt = of_items(tmp_path, ["key"], [(value.format(n),) for n in range(40)])
    assert found == {}
    assert receipt.rule("columns of items that are no attributes").examples == ("key: nearly all values differ",)


def test_one_value_everywhere_is_no_attribute(tmp_path):
    found, receipt = of_items(tmp_path, ["shop", "stock"], [("same", 1)] * 3)
    assert found == {}
    assert receipt.rule("columns of items that are no attributes").hits == 2


def test_numbers_with_a_few_other_values_are_numbers(tmp_path):
    found, _ = of_items(tmp_path, ["year"], [("1990 or so" if n == 7 else 1960 + n,) for n in range(40)])
    assert found["year"].kind == "number"
    assert np.isnan(found["year"].values[7])


@pytest.mark.parametrize("sign", ["|", " | ", ", ", ";", "; "])
def test_several_values_are_found(tmp_path, sign):
    lines = [(sign.join(["Drama", "Comedy", "War"][: 1 + n % 3]),) for n in range(30)]
    found, _ = of_items(tmp_path, ["mood"], lines)
    assert found["mood"].values[2] == "Drama|Comedy|War"


def test_a_sentence_with_commas_stays_whole(tmp_path):
    lines = [("Made in Spain, with care" if n % 2 else "Made at home",) for n in range(10)]
    assert of_items(tmp_path, ["origin"], lines)[0]["origin"].values[1] == "Made in Spain, with care"


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("85711", "8/857/85711"),
        ("55105-1234", "5/551/55105"),
        ("v3n 4p1", "V/V3N/V3N4P1"),
        ("?", ""),
        ("", ""),
        ("12", "1/12"),
    ],
)
def test_postal_codes_from_coarse_to_fine(code, levels):
    assert postal(code) == levels


def test_places_end_before_the_first_unknown_level():
    assert path(["BR", "SP", "Campinas"]) == "BR/SP/Campinas"
    assert path(["KR", "?", "Seoul"]) == "KR"
    assert path(["", "SP"]) == ""
    assert path(["a/b"]) == "a-b"


def test_levels_become_one_place_and_the_others_keep_their_names():
    made = places({"city": ["Rio"], "country": ["BR"], "zip": ["20000"], "location": ["Brazil, Rio"]})
    assert made == {"place": ["BR/Rio"], "zip": ["2/200/20000"], "location": ["Brazil/Rio"]}
    assert places({"region": ["SP"]}) == {"region": ["SP"]}


def test_namibia_is_a_country(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\nv,1\n", users="user_id,country\nu,NA\nv,DE\n"))
    assert reading.data.user_attributes["country"].values.tolist() == ["NA", "DE"]


def test_more_places_by_the_settings(tmp_path):
    reading = read(
        folder(tmp_path, "user_id,item_id\nu,1\n", "item_id,made_in\n1,Japan/Kyoto\n2,Peru\n"),
        DataSettings(places=["made_in"]),
    )
    assert reading.data.item_attributes["made_in"].kind == "place"
    assert reading.data.item_attributes["made_in"].values.tolist() == ["Japan/Kyoto", "Peru"]

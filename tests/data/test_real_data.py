"""The data sets of $TASTEMAKER_DATA read well: figures that their sources state."""

import os
from pathlib import Path

import pytest

from tastemaker.data.read import read

HOME = os.environ.get("TASTEMAKER_DATA", "")
pytestmark = pytest.mark.skipif(not HOME, reason="TASTEMAKER_DATA names no folder of real data sets")

# name: rows in, rows kept, users, items, clock, explicit
FIGURES = {
    "ml100k-posters": (100_000, 100_000, 943, 1_682, "time", True),
    "emotify-music": (8_407, 7_667, 466, 400, "none", False),
    "ibm-courses": (9_402, 9_402, 1_000, 307, "none", False),
    "deskdrop-social": (72_312, 40_710, 1_895, 2_987, "time", False),
    "amazon-office-industrial": (45_190, 43_017, 6_516, 7_145, "positions", False),
    "amazon-beauty-sequences": (198_502, 198_502, 22_363, 12_101, "positions", False),
    "amazon-baby-split": (160_792, 160_792, 19_445, 7_050, "none", False),
}


@pytest.fixture(scope="module")
def readings():
    found = {}

    def get(name):
        if not (Path(HOME) / name).is_dir():
            pytest.skip(f"TASTEMAKER_DATA has no {name}")
        return found.setdefault(name, None) or found.update({name: read(Path(HOME) / name)}) or found[name]

    return get


@pytest.mark.parametrize("name", FIGURES)
def test_rows_users_items_and_clock(readings, name):
    reading = readings(name)
    data, receipt = reading.data, reading.receipt
    found = (receipt.before.rows, receipt.after.rows, len(data.users), len(data.items), data.clock, data.explicit)
    assert found == FIGURES[name]
    assert receipt.text()


def test_movies_have_texts_posters_and_attributes(readings):
    receipt = readings("ml100k-posters").receipt
    assert receipt.shares["image"].items == pytest.approx(1484 / 1682)
    assert receipt.shares["image"].interactions == pytest.approx(0.9947, abs=1e-4)
    assert receipt.attributes["users"]["zip_code"] == "place"
    assert set(receipt.attributes["items"]) == {"category", "year", "director", "actors", "country", "language"}
    assert receipt.rule("columns of items that are no attributes").examples == ("imdb_id: nearly all values differ",)
    assert receipt.rule("items that are nearly the same as an earlier one").hits >= 18


def test_music_has_all_its_sound_and_both_is_neutral(readings):
    data, receipt = readings("emotify-music").data, readings("emotify-music").receipt
    assert receipt.shares["audio"].items == 1
    assert set(data.interactions.sign[data.interactions.kind == data.events.index("both")].tolist()) == {0}
    assert set(data.interactions.sign[data.interactions.kind == data.events.index("dislike")].tolist()) == {-1}


def test_social_events_and_places(readings):
    data = readings("deskdrop-social").data
    assert data.events == ("", "bookmark", "comment", "follow", "like", "view")
    assert "BR/SP" in set(data.user_attributes["place"].values)
    assert all(value != "KR/?" for value in data.user_attributes["place"].values)


def test_given_splits_are_kept(readings):
    assert set(readings("amazon-baby-split").data.split) == {"train", "val", "test"}
    assert set(readings("amazon-office-industrial").data.split) == {"hist", "valid", "test"}

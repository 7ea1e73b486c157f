"""Tables in memory give what files give."""

import pyarrow as pa
import pytest

import tastemaker as tm
from tables import folder, log, read
from tastemaker.core import DataError
from tastemaker.data.frames import from_frames

LOG = {
    "userId": [1, 2, 2],
    "item_id": ["a", "b", "a"],
    "rating": [4.0, 3.0, 5.0],
    "timestamp": [1500000000, 1500000001, 1500000002],
}
ITEMS = {"item_id": ["a", "b"], "title": ["A", None], "price": [1.5, None]}
USERS = {"user_id": [1, 2], "country": ["BR", "US"]}


def pandas_table(columns):
    return pytest.importorskip("pandas").DataFrame(columns)


def polars_table(columns):
    return pytest.importorskip("polars").DataFrame(columns)


class OnlyToArrow:
    def __init__(self, columns):
        self.columns = columns

    def to_arrow(self):
        return pa.table(self.columns)


@pytest.mark.parametrize("make", [dict, pa.table, pandas_table, polars_table, OnlyToArrow])
def test_every_kind_of_frame_gives_the_same(tmp_path, make):
    reading = from_frames(make(LOG), make(ITEMS), make(USERS))
    assert [row[:4] for row in log(reading)] == [
        ("1", "a", 4, 1500000000),
        ("2", "b", 3, 1500000001),
        ("2", "a", 5, 1500000002),
    ]
    assert reading.data.titles == ("A", "")
    assert reading.data.item_attributes["price"].present.tolist() == [True, False]
    assert reading.data.user_attributes["country"].values.tolist() == ["BR", "US"]
    assert tm.Dataset.from_frames(make(LOG)).items.ids == ("a", "b")
    text = "userId,item_id,rating,timestamp\n1,a,4,1500000000\n2,b,3,1500000001\n2,a,5,1500000002\n"
    assert log(read(folder(tmp_path, text))) == log(reading)


def test_pandas_turns_whole_ids_into_floats_and_we_turn_them_back():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user_id": [12, None, 13], "item_id": ["a", "b", "c"]})
    assert [row[:2] for row in log(from_frames(frame))] == [("12", "a"), ("13", "c")]


def test_pandas_categories_dates_and_mixed_values():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "user_id": pandas.Categorical(["x", "y"]),
            "item_id": pandas.Series([1, "b"], dtype=object),
            "timestamp": pandas.to_datetime(["2016-03-14 12:00", "2016-03-14 12:01"]),
        }
    )
    assert [row[:4] for row in log(from_frames(frame))] == [("x", "1", 1, 1457956800), ("y", "b", 1, 1457956860)]


def test_polars_categories():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"user_id": ["x", "y"], "item_id": ["a", "a"]}).with_columns(
        polars.col("user_id").cast(polars.Categorical)
    )
    assert [row[0] for row in log(from_frames(frame))] == ["x", "y"]


@pytest.mark.parametrize("wrong", [None, 3, "text", [1, 2], {"user_id": [1], "item_id": [1, 2]}, {}])
def test_what_is_no_table_is_refused(wrong):
    with pytest.raises(DataError):
        from_frames(wrong)


def test_media_in_frames_are_refused():
    reading = from_frames(LOG, {**ITEMS, "image": ["a.jpg", ""]})
    assert reading.receipt.rule("image paths refused").hits == 1
    assert reading.data.root is None

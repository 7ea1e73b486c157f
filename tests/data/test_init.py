"""`init` says what was understood, and its settings read the same."""

import tomllib

import pytest

from tables import folder, log, read, write
from tastemaker.data.init import init
from tastemaker.data.receipt import when

SOURCES = {
    "ratings": (
        "userId,movieId,rating,timestamp\nu,a,4,1500000000\nv,b,1,1500000060\n",
        "movieId,title,genres\na,A,x|y\nb,B,x\n",
    ),
    "events": ("who am i,item,Action,date,sid\nu,a,COMMENT CREATED,2016-03-14,1\nu,b,teleport,2016-03-15,1\n", None),
    "split": ("user_id,item_id,split\nu,a,train\nu,b,test\n", 'item_id,"odd ""name"""\na,1\nb,2\n'),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_settings_read_the_source_as_the_defaults_do(tmp_path, name):
    text, items = SOURCES[name]
    source = folder(tmp_path / name, text.replace("who am i", "uid"), items)
    before = read(source)
    toml, _ = init(source)
    write(source / "tastemaker.toml", toml)
    assert set(tomllib.loads(toml)) == {"data"}
    after = read(source)
    assert log(after) == log(before)
    assert after.data.titles == before.data.titles
    assert after.receipt.columns == before.receipt.columns
    assert init(source)[0] == toml


def test_the_words_tell_columns_clock_events_and_content(tmp_path):
    text = "userId,item_id,event,timestamp\nu,a,view,1457956800\nu,b,like,1457956860\n"
    _, lines = init(folder(tmp_path, text, "item_id,title,price\na,A,1\nb,,2\n", "user_id,country,region\nu,BR,SP\n"))
    said = "\n".join(lines)
    assert "user_id = userId" in said
    assert "clock times, 2016-03-14 12:00:00 to 2016-03-14 12:01:00" in said
    assert "like 1 (weight 3), view 1 (weight 1)" in said
    assert "text: 50.0% of the items" in said
    assert "attributes of users: place (place)" in said


def test_ratings_positions_and_splits_are_told(tmp_path):
    _, lines = init(folder(tmp_path, "user_id,item_id,rating,timestamp,split\nu,a,1,0,train\nu,b,5,1,test\n"))
    said = "\n".join(lines)
    assert "ratings: 1 to 5, middle 3" in said
    assert "positions: an order without a clock, position 0 to position 1" in said
    assert "split: the column says it (test, train)" in said
    assert "content: none" in said


def test_when_is_a_date_a_position_or_unknown():
    assert when(1457956800, "time") == "2016-03-14 12:00:00"
    assert when(3, "positions") == "position 3"
    assert when(-1, "time") == "unknown"

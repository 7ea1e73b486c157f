"""Broken tables: each ends in a clear error or in a line of the receipt, never in another exception."""

import gzip
import json
import os
import sys
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tables import folder, pairs, read, rows, write
from tastemaker.core import TastemakerError

GOOD = "user_id,item_id,timestamp\nu,1,1500000000\nv,2,1500000060\n"
ITEMS = "item_id,title\n1,One\n2,Two\n"


class Hostile:
    def __reduce__(self):
        return (sys.exit, ("a pickle was run",))


def csv(text):
    return lambda d: write(d / "interactions.csv", text)


def lines(text):
    return lambda d: write(d / "interactions.jsonl", text)


def beside(items=None, users=None, /, **files):
    """Good interactions, and other files beside them (JSONL)."""

    def make(d):
        folder(d, GOOD, items, users)
        for name, text in files.items():
            write(d / f"{name}.jsonl", text)

    return make


def vectors(array, ids="1\n2\n", keep=None, **how):
    """Good interactions, and ``x.npy`` (cut to `keep` bytes) with ``x.ids``."""

    def make(d):
        folder(d, GOOD)
        if isinstance(array, str):
            write(d / "x.npy", array)
        else:
            np.save(d / "x.npy", array, **how)
        (d / "x.npy").write_bytes((d / "x.npy").read_bytes()[:keep])
        write(d / "x.ids", ids)

    return make


def parts(keep=None, **columns):
    def make(d):
        path = d / "interactions.parquet"
        parquet.write_table(pa.table(columns), path)
        path.write_bytes(path.read_bytes()[:keep])

    return make


NO_IDS = {"user_id": pa.array([], pa.string()), "item_id": pa.array([], pa.string())}
GZIP = gzip.compress(os.urandom(9000).hex().encode())[:-40]
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\7" * 500
OBJECTS = np.array([Hostile(), None])

# What is made in a folder, and what the error must say.
ERRORS = {
    "an empty folder": (lambda d: None, "has no interactions"),
    "an empty file": (csv(""), "is empty"),
    "blank lines alone": (csv("\n\n  \n"), "is empty"),
    "a header alone": (csv("user_id,item_id\n"), "no usable row"),
    "a header without a line end": (csv("user_id,item_id"), "no usable row"),
    "random bytes": (csv(bytes(range(256)) * 40), "NUL bytes"),
    "a picture": (csv(PICTURE), "NUL bytes"),
    "no user column": (csv("item_id,x\n1,2\n"), "no column for the user"),
    "no item column": (csv("user_id,x\n1,2\n"), "no column for the item"),
    "no header": (csv("1,2,3\n4,5,6\n"), "first line seems to be data"),
    "all user ids missing": (csv("user_id,item_id\n,1\n ,2\n"), "rows without a user_id"),
    "all ratings impossible": (csv("user_id,item_id,rating\nu,1,inf\n"), "infinite"),
    "all rows ragged": (csv("user_id,item_id\n1\n2\n3,4,5\n"), "no usable row"),
    "a file that is no gzip": (lambda d: write(d / "interactions.csv.gz", GOOD), "cannot be read"),
    "a cut gzip": (lambda d: write(d / "interactions.csv.gz", GZIP), "cannot be read"),
    "a file that is no Parquet": (lambda d: write(d / "interactions.parquet", GOOD), "no Parquet table"),
    "a cut Parquet": (parts(-40, user_id=[1], item_id=[2]), "no Parquet table"),
    "an empty Parquet": (parts(**NO_IDS), "No interaction is left"),
    "a Parquet without columns": (parts(), "has no columns"),
    "ids that are lists": (parts(user_id=[[1]], item_id=[2]), "one plain value a row"),
    "ids that are objects": (lines('{"user_id": {"a": 1}, "item_id": 2}\n'), "one plain value a row"),
    "JSON that is none": (lines("user_id,item_id\n1,2\n"), "no usable row"),
    "JSON of other keys": (lines('{"a": 1}\n'), "no column for the user"),
    "a JSON array": (lines("[]\n"), "no usable row"),
    "JSON without end": (lines('{"user_id": ' * 3000), "no usable row"),
    "two tables of interactions": (beside(interactions="{}"), "expected one table"),
    "a folder instead of a table": (lambda d: (d / "interactions.csv").mkdir(), "no regular file"),
    "a folder of parts without parts": (lambda d: (d / "interactions.parquet").mkdir(), "has no columns"),
    "items without ids": (beside("name,price\na,1\n"), "items have no column for the item"),
    "users without ids": (beside(None, "age,sex\n1,f\n"), "users have no column for the user"),
    "an empty table of items": (beside(""), "is empty"),
    "two tables of items": (beside(ITEMS, items="{}"), "expected one table of items"),
    "a npy of objects": (vectors(OBJECTS, allow_pickle=True), "no .npy array"),
    "a npy of words": (vectors(np.array([["a"], ["b"]])), "array of numbers"),
    "a npy of another length": (vectors(np.ones((3, 2))), "2 ids"),
    "a npy of three dimensions": (vectors(np.ones((2, 2, 2))), "shape"),
    "a npy that is none": (vectors("hello"), "no .npy array"),
    "a cut npy": (vectors(np.ones((2, 9)), keep=-40), "no .npy array"),
    "an empty npy": (vectors("", "1\n"), "no .npy array"),
    "an id twice for a npy": (vectors(np.ones((2, 2)), "1\n1\n"), "twice"),
    "ids of a npy that are no text": (vectors(np.ones((2, 2)), b"\xff\xfe\n"), "one item id a line"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_it_ends_in_a_clear_error(tmp_path, kind):
    make, message = ERRORS[kind]
    make(tmp_path)
    with pytest.raises(TastemakerError) as caught:
        read(tmp_path)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1000


BOTH = [("u", "1"), ("v", "2")]
FIELDS = "rows of interactions.csv with another number of fields"
TIMES = "impossible times (now unknown)"
# Rows after the header, the other columns, which rule the receipt must have.
RECEIPTS = {
    "a row with too many fields": ("u,1\nx,y,z\nv,2\n", "", FIELDS),
    "a row with too few fields": ("u,1\nx\nv,2\n", "", FIELDS),
    "a quote that is not closed": ('u,1\n"x,9\nv,2\n', "", None),
    "quotes inside of a field": ('u,1\nv,2\na"b,3"c\n', "", None),
    "two columns of one name": ("u,1,9\nv,2,9\n", ",item_id", "columns of one name (the first is taken)"),
    "a column without a name": ("u,1,x\nv,2,y\n", ",", "columns of interactions.csv that have no use here"),
    "infinite ratings": ("u,1,3\nu,9,inf\nv,2,4\n", ",rating", "ratings that are infinite"),
    "ratings in words": ("u,1,3\nu,9,great\nv,2,4\n", ",rating", "ratings that are no numbers"),
    "negative times": ("u,1,1500000000\nv,2,-5\n", ",timestamp", TIMES),
    "the year 9999": ("u,1,2016-01-01\nv,2,9999-12-31\n", ",timestamp", TIMES),
    "times in words": ("u,1,now\nv,2,later\n", ",timestamp", TIMES),
    "control characters": ("u\x07,1\nv,2\n", "", "user_id with control characters or Unicode in another form"),
    "a NUL byte far behind": ("u,1\nv,2\n" * 1200 + "\0,\0\n", "", "rows without a user_id"),
    "equal rows": ("u,1\nv,2\nu,1\n", "", "equal rows"),
    "an unknown event": ("u,1,zap\nv,2,zap\n", ",event", "events without a known weight (they weigh 1)"),
}


@pytest.mark.parametrize("kind", RECEIPTS)
def test_it_is_told_and_the_rest_is_read(tmp_path, kind):
    text, columns, rule = RECEIPTS[kind]
    reading = read(folder(tmp_path, f"user_id,item_id{columns}\n{text}"))
    assert rule is None or reading.receipt.rule(rule).hits >= 1
    assert set(BOTH) <= set(pairs(reading))
    json.dumps(reading.receipt.to_json(), allow_nan=False)


SOUND = {
    "one user and one item": "user_id,item_id\nu,1\n",
    "negative feedback alone": "user_id,item_id,event\nu,1,dislike\nv,2,hide\n",
    "neutral feedback alone": "user_id,item_id,event\nu,1,neutral\nv,2,both\n",
    "ratings of zero": "user_id,item_id,rating\nu,1,0\nv,2,0\n",
    "windows line ends": "user_id,item_id\r\nu,1\r\nv,2\r\n",
    "old mac line ends": "user_id,item_id\ru,1\rv,2\r",
    "blank lines between": "\nuser_id,item_id\n\nu,1\n\n\nv,2\n",
    "blanks around names": " user_id , item_id \nu,1\n",
    "a byte order mark": "\ufeffuser_id,item_id\nu,1\n",
    "emoji and right to left": "user_id,item_id\n\U0001f600,\u05e9\u05dc\u05d5\u05dd\n",
}


@pytest.mark.parametrize("kind", SOUND)
def test_it_is_unusual_but_sound(tmp_path, kind):
    reading = read(folder(tmp_path, SOUND[kind]))
    assert 1 <= len(reading.data.interactions) <= 2
    assert reading.receipt.text()


def test_what_is_no_source_is_named(tmp_path):
    with pytest.raises(TastemakerError, match="no folder or file"):
        read(tmp_path / "nowhere")
    with pytest.raises(TastemakerError, match="cannot be read as interactions"):
        read(write(tmp_path / "notes.txt", "hello"))


@pytest.mark.parametrize("tail", ["", '"\n'])
def test_a_quote_that_swallows_rows_is_taken_as_it_stands(tmp_path, tail):
    text = 'user_id,item_id,review\nu,1,"so\n' + "".join(f"u,{n},good\n" for n in range(2, 300)) + "v,2," + tail
    reading = read(folder(tmp_path, text))
    assert len(reading.data.interactions) == 300
    assert reading.receipt.rule("quotes that do not match (taken as they stand)").hits == 1


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "", "[", "**"])
def test_names_that_no_file_can_have_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TastemakerError):
        read(name)


def test_a_quoted_text_of_several_lines_is_no_broken_quote(tmp_path):
    rows(tmp_path / "interactions.csv", ["user_id", "item_id", "review"], [("u", "1", "one\ntwo, three\nfour\nfive\n")])
    assert list(read(tmp_path).data.comments) == ["one two, three four five"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "interactions.csv")
    with pytest.raises(TastemakerError, match="no regular file"):
        read(tmp_path)
    os.mkfifo(tmp_path / "x.csv")
    with pytest.raises(TastemakerError, match="no regular file"):
        read(tmp_path / "x.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="the super-user may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    write(tmp_path / "interactions.csv", GOOD).chmod(0)
    with pytest.raises(TastemakerError, match=r"interactions\.csv"):
        read(tmp_path)


def test_infinite_vectors_are_dropped_and_told(tmp_path):
    folder(tmp_path, GOOD, ITEMS)
    np.save(tmp_path / "x.npy", np.array([[1.0, np.inf], [1.0, 2.0]]))
    write(tmp_path / "x.ids", "1\n2\n")
    reading = read(tmp_path)
    assert reading.data.vectors["x"].present.tolist() == [False, True]
    assert reading.receipt.rule("vectors of x.npy with infinite numbers").examples == ("1",)


def test_a_field_as_long_as_the_file_is_no_trap(tmp_path):
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], [("u", "1"), ("x" * 3_000_000, "2"), ("v", "2")])
    assert ("v", "2") in pairs(read(tmp_path))


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_never_ends_in_another_exception(tmp_path, seed):
    rng = np.random.default_rng(seed)
    rows = [f"u{rng.integers(5)},{rng.integers(9)},view,{rng.integers(6)},15000000{n + 10}" for n in range(60)]
    content = bytearray("\n".join(["user_id,item_id,event,rating,timestamp", *rows]).encode())
    for _ in range(int(rng.integers(1, 30))):
        content[rng.integers(len(content))] = rng.choice([*b'\0\n\r",;\t-A', 255, 195, rng.integers(256)])
    write(tmp_path / "interactions.csv", bytes(content))
    with suppress(TastemakerError):
        reading = read(tmp_path)
        receipt = reading.receipt
        assert receipt.after.rows == len(reading.data.interactions) <= receipt.before.rows

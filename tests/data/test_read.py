"""Reading a data folder: what is understood, and how."""

import gzip
import json

import numpy as np
import pytest

from tables import folder, hits, log, pairs, rows, write
from tastemaker.core import BadSetting, DataError, Run
from tastemaker.data.read import read
from tastemaker.data.settings import DataSettings

ITEMS = (
    "item_id,title,text,category,image,year\ni1,One,<b>First</b> &amp; best,a|b,images/1.jpg,1995\ni3,Three,,b,,1996\n"
)
USERS = "user_id,age,gender,country,region\nu1,20,F,BR,SP\nu9,,M,US,?\n"


def test_a_folder_with_three_tables(tmp_path):
    source = folder(
        tmp_path / "shop",
        "user_id,item_id,event,timestamp\nu1,i1,view,1500000000\nu2,i2,Like,1500000060\n",
        ITEMS,
        USERS,
    )
    reading = read(source)
    data, receipt = reading.data, reading.receipt
    assert data.items.ids == ("i1", "i3", "i2")
    assert data.users.ids == ("u1", "u9", "u2")
    assert log(reading) == [("u1", "i1", 1, 1500000000, "view", 1), ("u2", "i2", 3, 1500000060, "like", 1)]
    assert data.content["text"] == [("One", "First & best"), ("Three",), ()]
    assert data.content["image"] == [(source / "images/1.jpg",), (), ()]
    assert data.titles == ("One", "Three", "")
    assert data.item_attributes["category"].values.tolist() == ["a|b", "b", ""]
    assert data.item_attributes["year"].kind == "number"
    assert data.user_attributes["place"].values.tolist() == ["BR/SP", "US", ""]
    assert np.isnan(data.user_attributes["age"].values[1])
    assert (data.name, data.clock, data.root) == ("shop", "time", source)
    assert receipt.before.items == receipt.after.items == 3
    assert receipt.shares["image"].items == pytest.approx(1 / 3)
    assert receipt.shares["text"].interactions == 0.5


def test_ids_are_strings_and_stay_as_they_are(tmp_path):
    big = "-8752981416571543411"
    source = folder(tmp_path, f"user_id,item_id\n0113,{big}\n113,007\n", "item_id,title\n007,Bond\n")
    assert pairs(read(source)) == [("0113", big), ("113", "007")]
    assert read(source).data.items.ids == ("007", big)


def test_decimal_ids_among_whole_numbers_are_repaired_in_every_table(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\n1.0,12.0\n2.0,13\n", "item_id,title\n12,Twelve\n"))
    assert pairs(reading) == [("1", "12"), ("2", "13")]
    assert hits(reading, "user_id written as a decimal number") == 2
    assert reading.data.titles == ("Twelve", "")


def test_versions_are_no_decimal_numbers(tmp_path):
    assert pairs(read(folder(tmp_path, "user_id,item_id\na,1.0\nb,x1\n"))) == [("a", "1.0"), ("b", "x1")]


def test_ids_are_trimmed_and_in_one_unicode_form(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\n ann ,cafe\u0301\nann,caf\u00e9\nbob,x\x01y\n"))
    assert pairs(reading) == [("ann", "caf\u00e9"), ("bob", "xy")]


@pytest.mark.parametrize(
    ("user", "item", "time"),
    [
        ("userId", "movieId", "timestamp"),
        ("uid", "iid", "ts"),
        ("customer_id", "article_id", "date"),
        ("visitorid", "itemid", "time"),
        ("reviewerID", "asin", "unixReviewTime"),
        ("personId", "contentId", "created_at"),
        ("User ID", "Product-Id", "EventTime"),
        ("user", "track_id", "datetime"),
        ("learner_id", "course_id", "createdAt"),
    ],
)
def test_usual_other_names_are_understood(tmp_path, user, item, time):
    reading = read(folder(tmp_path, f"{user},{item},{time},noise\nu,i,1500000000,x\n"))
    assert log(reading) == [("u", "i", 1, 1500000000, "", 1)]
    assert reading.receipt.columns["interactions"] == {"user_id": user, "item_id": item, "timestamp": time}
    assert hits(reading, "columns of interactions.csv that have no use here") == 1


def test_the_exact_name_goes_before_others_and_the_choice_is_told(tmp_path):
    reading = read(folder(tmp_path, "uid,user_id,asin,product_id\nx,u,a,p\n"))
    assert pairs(reading) == [("u", "a")]
    rule = reading.receipt.rule("columns that could be the same thing")
    assert rule.examples == ("item_id = 'asin', not 'product_id'",)


def test_the_items_table_may_call_its_id_as_the_interactions_do(tmp_path):
    assert read(
        folder(
            tmp_path,
            "who,what\nu,i\n",
            "x,what,title\n1,i,Name\n",
            toml='[data.columns]\nuser_id="who"\nitem_id="what"\n',
        )
    ).data.titles == ("Name",)


def test_settings_say_which_column_is_what(tmp_path):
    text = "a,b,stars\nu,i,4\n"
    with pytest.raises(DataError, match="have no column for the user"):
        read(folder(tmp_path, text))
    reading = read(tmp_path, DataSettings(columns={"user_id": "a", "item_id": "b", "rating": ""}))
    assert log(reading) == [("u", "i", 1, -1, "", 1)]
    assert not reading.data.explicit


def test_a_wrong_column_in_the_settings_is_refused_with_the_nearest(tmp_path):
    folder(tmp_path, "user_id,item_id,stars\nu,i,4\n", "item_id,plot\ni,x\n")
    with pytest.raises(BadSetting, match="Did you mean 'stars'"):
        read(tmp_path, DataSettings(columns={"rating": "star"}))
    with pytest.raises(BadSetting, match=r"The items have: item_id, plot"):
        read(tmp_path, DataSettings(columns={"text": "plott"}))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_separators_and_encodings_are_found_out(tmp_path, separator, encoding):
    text = "user_id,item_id,comment\nj\u00fcrgen,i1,sch\u00f6n\nann,i2,ok\n".replace(",", separator)
    write(tmp_path / "interactions.csv", text.encode(encoding))
    reading = read(tmp_path)
    assert pairs(reading) == [("j\u00fcrgen", "i1"), ("ann", "i2")]
    assert list(reading.data.comments) == ["sch\u00f6n", "ok"]
    told = [rule.name for rule in reading.receipt.rules]
    assert told == {"latin-1": ["text that is not UTF-8 (read as latin-1)"], "utf-16": ["encoding utf-16"]}.get(
        encoding, []
    )


def test_latin_1_far_behind_the_start_is_found_too(tmp_path):
    lines = [b"u%d,i%d" % (n, n) for n in range(20_000)] + ["j\u00fcrgen,i1".encode("latin-1")]
    write(tmp_path / "interactions.csv", b"user_id,item_id\n" + b"\n".join(lines))
    assert pairs(read(tmp_path))[-1] == ("j\u00fcrgen", "i1")


def test_quoted_fields_hold_separators_quotes_and_lines(tmp_path):
    rows(tmp_path / "interactions.csv", ["user_id", "item_id", "review"], [["u", "i,1", 'She said "no",\nand left.']])
    reading = read(tmp_path)
    assert pairs(reading) == [("u", "i,1")]
    assert list(reading.data.comments) == ['She said "no", and left.']


def test_a_very_long_field_is_read(tmp_path):
    rows(tmp_path / "items.csv", ["item_id", "text"], [["i", "word " * 600_000]])
    write(tmp_path / "interactions.csv", "user_id,item_id\nu,i\n")
    assert len(read(tmp_path).data.content["text"][0][0]) == 5 * 600_000 - 1


@pytest.mark.parametrize(
    "name",
    ["interactions.csv.gz", "interactions.jsonl", "interactions.jsonl.gz", "interactions.parquet", "ratings.tsv"],
)
def test_other_forms_of_the_table(tmp_path, name):
    import pyarrow as pa
    from pyarrow import parquet

    if "json" in name:
        text = "".join(
            json.dumps({"user_id": u, "item_id": i, "rating": r}) + "\n" for u, i, r in ((1, "a", 5), (2, "b", 3.5))
        )
    else:
        text = "user_id,item_id,rating\n1,a,5\n2,b,3.5\n".replace(",", "\t" if "tsv" in name else ",")
    if name.endswith(".parquet"):
        parquet.write_table(pa.table({"user_id": [1, 2], "item_id": ["a", "b"], "rating": [5, 3.5]}), tmp_path / name)
    else:
        write(tmp_path / name, gzip.compress(text.encode()) if name.endswith("gz") else text)
    reading = read(tmp_path)
    assert log(reading) == [("1", "a", 5, -1, "", 1), ("2", "b", 3.5, -1, "", 1)]
    assert reading.data.explicit


def test_json_lines_that_differ_are_read_one_by_one(tmp_path):
    lines = ['{"user_id": 1, "item_id": "a"}', '{"user_id": "x", "item_id": 2, "rating": 4}', "{broken", "[1]", ""]
    write(tmp_path / "interactions.jsonl", "\n".join(lines))
    reading = read(tmp_path)
    assert pairs(reading) == [("1", "a"), ("x", "2")]
    assert hits(reading, "lines of interactions.jsonl that are no JSON object") == 2


def test_a_single_file_is_a_source_with_the_settings_beside_it(tmp_path):
    write(tmp_path / "log.csv", "who,item_id\nu,i\n")
    write(tmp_path / "tastemaker.toml", '[data.columns]\nuser_id = "who"\n')
    assert pairs(read(tmp_path / "log.csv")) == [("u", "i")]
    assert read(str(tmp_path / "log.csv")).receipt.kind == "file"


def test_rows_are_in_order_of_time_and_ties_keep_the_order_of_arrival(tmp_path):
    text = "user_id,item_id,timestamp\nb,2,1500000100\na,1,1500000000\nc,3,\nb,1,1500000000\na,2,1500000000\n"
    assert pairs(read(folder(tmp_path, text))) == [("a", "1"), ("c", "3"), ("b", "1"), ("a", "2"), ("b", "2")]


def test_visits_are_numbered_and_missing_ones_are_minus_one(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id,sessionId\nu,1,x\nu,2,\nu,3,x\nv,1,y\n"))
    assert reading.data.interactions.session.tolist() == [0, -1, 0, 1]


def test_the_column_split_is_kept(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id,split\nu,1,train\nu,2,test\nu,1,test\nv,1,\n"))
    assert list(reading.data.split) == ["train", "test", "test", ""]


def test_vectors_of_both_forms(tmp_path):
    np.save(tmp_path / "audio.npy", np.array([[1, 2], [3, 4], [np.nan, 1]], np.float64))
    write(tmp_path / "audio.ids", "i2\nunknown\ni1\n")
    write(
        tmp_path / "items.jsonl", '{"item_id": "i1", "look_vector": [1, 2, 3]}\n{"item_id": "i2", "look_vector": [1]}\n'
    )
    write(tmp_path / "interactions.csv", "user_id,item_id\nu,i1\nu,i2\n")
    reading = read(tmp_path)
    vectors = reading.data.vectors
    assert vectors["audio"].present.tolist() == [False, True]
    assert vectors["audio"].vectors.tolist() == [[0, 0], [1, 2]]
    assert vectors["look"].present.tolist() == [True, False]
    assert hits(reading, "rows of audio.npy of unknown items") == 1
    assert hits(reading, "look_vector of another length than 3") == 1
    assert reading.receipt.shares["vectors"].items == 1


def test_vectors_in_text_are_read(tmp_path):
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\n", 'item_id,x_vector\n1,"[0.5, 1]"\n2,1 2\n3,oops\n'))
    assert reading.data.vectors["x"].vectors.tolist() == [[0.5, 1], [1, 2], [0, 0]]


def test_media_paths_out_of_the_folder_are_refused_and_count_as_missing(tmp_path):
    items = "item_id,image\n1,../x.jpg\n2,/etc/passwd\n3,http://a/b.jpg\n4,ok/a.jpg|ok/b.jpg\n"
    reading = read(folder(tmp_path, "user_id,item_id\nu,1\nu,4\n", items))
    assert [len(files) for files in reading.data.content["image"]] == [0, 0, 0, 2]
    assert hits(reading, "image paths refused") == 2
    assert hits(reading, "image addresses not fetched (see `tastemaker media pull`)") == 1
    assert reading.receipt.shares["image"].interactions == 0.5


def test_tables_with_rows_that_cannot_be_used(tmp_path):
    reading = read(
        folder(tmp_path, "user_id,item_id\nu,1\n", "item_id,title\n1,A\n1,B\n,C\n", "user_id,age\nu,3\nu,4\n")
    )
    assert reading.data.titles == ("A",)
    assert reading.data.user_attributes == {} or reading.data.user_attributes["age"].values.tolist() == [3]
    assert hits(reading, "rows of the items whose item_id stood before") == 1
    assert hits(reading, "rows of the items without item_id") == 1
    assert hits(reading, "rows of the users whose user_id stood before") == 1


def test_reading_says_what_it_does(tmp_path):
    said = []
    read(folder(tmp_path, "user_id,item_id\nu,1\n"), run=Run(say=said.append))
    assert said == [f"{tmp_path}: data folder, 1 rows"]


def test_nested_categories_are_joined_and_objects_ignored(tmp_path):
    write(tmp_path / "interactions.csv", "user_id,item_id\nu,1\nu,2\n")
    lines = [
        {"item_id": "1", "category": [["A", "B"], ["A"]], "dims": {"w": 1}},
        {"item_id": "2", "category": [["C"]], "dims": {"w": 2}},
    ]
    write(tmp_path / "items.jsonl", "\n".join(map(json.dumps, lines)))
    reading = read(tmp_path)
    assert reading.data.item_attributes["category"].values.tolist() == ["A|B", "C"]
    assert hits(reading, "columns of items without values") == 1


@pytest.mark.parametrize("prefix", ["", "u", "user:", "-", "a-"])
@pytest.mark.parametrize("spread", [1, 10**9])
def test_many_numbered_ids_are_what_they_say(tmp_path, prefix, spread):
    rng = np.random.default_rng(0)
    users = [f"{prefix}{n * spread}" for n in rng.integers(1, 5000, 12_000)]
    items = (f"i{n}" for n in range(12_000))
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], zip(users, items, strict=True))
    assert [pair[0] for pair in pairs(read(tmp_path))] == users


@pytest.mark.parametrize("odd", ["007", "v7", "7 ", "+7", "1e3", "7.5", ""])
def test_one_other_id_among_many_numbered_ones_stays_itself(tmp_path, odd):
    users = [*(str(n) for n in range(11_000)), odd]
    rows(tmp_path / "interactions.csv", ["user_id", "item_id"], ((user, n) for n, user in enumerate(users)))
    expected = [user.strip() for user in users if user]
    assert [pair[0] for pair in pairs(read(tmp_path))] == expected

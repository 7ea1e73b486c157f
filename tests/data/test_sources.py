"""Other people's forms: MovieLens, RecBole, MMRec, Parquet in parts."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tables import hits, log, pairs, read, write
from tastemaker.core import DataError


def test_movielens_100k(tmp_path):
    write(tmp_path / "u.data", "196\t242\t3\t881250949\n186\t302\t1\t891717742\n")
    flags = "|".join(["0", "0", "0", "1", "1", *["0"] * 14])
    write(
        tmp_path / "u.item",
        f"242|Caf\u00e9 (1996)|01-Jan-1996||http://x|{flags}\n302|B|||http://x|{flags}\n".encode("latin-1"),
    )
    write(tmp_path / "u.user", "196|49|M|writer|55105\n186|39|F|other|00000\n")
    reading = read(tmp_path)
    assert log(reading) == [("196", "242", 3, 881250949, "", 1), ("186", "302", 1, 891717742, "", 1)]
    assert reading.data.titles == ("Caf\u00e9 (1996)", "B")
    assert reading.data.item_attributes["year"].values[0] == 1996
    assert reading.data.user_attributes["zip_code"].values.tolist() == ["5/551/55105", "0/000/00000"]
    assert reading.receipt.kind == "MovieLens 100K"
    assert read(tmp_path / "u.data").data.titles == ()


def test_movielens_1m(tmp_path):
    write(tmp_path / "ratings.dat", "1::1193::5::978300760\n1::661::3::978302109\n")
    write(tmp_path / "movies.dat", "1193::One Flew: A Film (1975)::Drama|War\n661::James (1996)::Animation\n")
    write(tmp_path / "users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n")
    reading = read(tmp_path)
    assert [row[:4] for row in log(reading)] == [("1", "1193", 5, 978300760), ("1", "661", 3, 978302109)]
    assert reading.data.item_attributes["category"].values.tolist() == ["Drama|War", "Animation"]
    assert reading.data.user_attributes["occupation"].values.tolist() == ["K-12 student", "self-employed"]
    assert reading.data.explicit


def test_a_broken_line_of_movielens_is_named(tmp_path):
    write(tmp_path / "ratings.dat", "1::1193::5::978300760\n")
    write(tmp_path / "movies.dat", "1193\n")
    with pytest.raises(DataError, match=r"movies.dat has a line of 1 fields"):
        read(tmp_path)


def test_movielens_csv(tmp_path):
    write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,3,4.5,964981247\n")
    write(
        tmp_path / "movies.csv",
        'movieId,title,genres\n1,Toy Story (1995),Adventure|Animation\n3,"A, B (2001)",(no genres listed)\n',
    )
    reading = read(tmp_path)
    assert [row[1:4] for row in log(reading)] == [("3", 4.5, 964981247), ("1", 4, 964982703)]
    assert reading.data.item_attributes[
        "category" if "category" in reading.data.item_attributes else "genres"
    ].values.tolist() == ["Adventure|Animation", ""]
    assert reading.receipt.kind == "MovieLens"


def test_recbole(tmp_path):
    write(
        tmp_path / "ml.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\ta\t4\t8.8e8\n2\tb\t3\t880000001\n",
    )
    write(
        tmp_path / "ml.item",
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\tv:float_seq\n"
        "a\tToy Story\tFun Kids\t0.1 0.2\nb\tHeat\tCrime\t1 2\n",
    )
    write(tmp_path / "ml.user", "user_id:token\tage:token\n1\t20\n2\t30\n")
    for source in (tmp_path, tmp_path / "ml.inter"):
        reading = read(source)
        assert [row[:4] for row in log(reading)] == [("1", "a", 4, 880000000), ("2", "b", 3, 880000001)]
        assert reading.data.titles == ("Toy Story", "Heat")
        assert reading.data.item_attributes["class"].values.tolist() == ["Fun|Kids", "Crime"]
        assert reading.data.vectors["v"].dim == 2
        assert reading.data.user_attributes["age"].values.tolist() == [20, 30]
        assert reading.receipt.kind == "RecBole"


def test_several_files_of_recbole_must_be_named(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / f"{name}.inter", "user_id:token\titem_id:token\n1\ta\n")
    with pytest.raises(DataError, match=r"a\.inter, b\.inter. Name the one"):
        read(tmp_path)


def test_mmrec(tmp_path):
    write(
        tmp_path / "baby.inter",
        "userID\titemID\trating\ttimestamp\tx_label\n0\t0\t5.0\t1400000000\t0\n0\t1\t4.0\t1400000001\t1\n1\t2\t3.0\t1400000002\t2\n",
    )
    np.save(tmp_path / "image_feat.npy", np.eye(3, 4, dtype=np.float32))
    reading = read(tmp_path)
    assert list(reading.data.split) == ["train", "valid", "test"]
    assert reading.data.vectors["image"].vectors.tolist() == np.eye(3, 4).tolist()
    assert reading.receipt.kind == "MMRec"


def parts(tmp_path, *tables):
    for number, table in enumerate(tables):
        parquet.write_table(pa.table(table), tmp_path / f"part-{number}.parquet")


def test_parquet_in_parts(tmp_path):
    parts(tmp_path, {"user_id": [1], "item_id": ["a"]}, {"user_id": [2], "item_id": ["b"], "rating": [4]})
    reading = read(f"{tmp_path}/*.parquet")
    assert pairs(reading) == [("1", "a"), ("2", "b")]
    assert reading.receipt.kind == "2 Parquet files"


def test_a_folder_of_parts_is_one_table(tmp_path):
    (tmp_path / "interactions.parquet").mkdir()
    parts(tmp_path / "interactions.parquet", {"user_id": [1], "item_id": ["a"]}, {"user_id": [2], "item_id": ["b"]})
    assert pairs(read(tmp_path)) == [("1", "a"), ("2", "b")]


def test_all_types_of_text_in_parquet_are_ids(tmp_path):
    columns = {
        "user_id": pa.array(["a", "b"], pa.large_string()),
        "item_id": pa.array(["x", "y"]).dictionary_encode(),
        "event": pa.array([b"view", b"like"]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "interactions.parquet")
    assert [row[:2] + row[4:5] for row in log(read(tmp_path))] == [("a", "x", "view"), ("b", "y", "like")]


def test_a_pattern_must_fit_parquet_alone(tmp_path):
    with pytest.raises(DataError, match="No file fits"):
        read(f"{tmp_path}/*.parquet")
    write(tmp_path / "a.txt", "x")
    with pytest.raises(DataError, match=r"'a\.txt'"):
        read(f"{tmp_path}/a*")


def test_parts_that_do_not_fit_together_are_refused(tmp_path):
    parts(tmp_path, {"user_id": [1], "item_id": [[1]]}, {"user_id": [2], "item_id": ["b"]})
    with pytest.raises(DataError, match="do not fit together"):
        read(f"{tmp_path}/*.parquet")


def test_a_npy_without_ids_is_told(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    write(tmp_path / "interactions.csv", "user_id,item_id\nu,1\n")
    assert hits(read(tmp_path), "vectors without a file of ids") == 1

"""Data folders on object storage: a real server here that speaks WebHDFS, and fsspec's storage in memory."""

import os
import shutil
from importlib.util import find_spec

import pytest

from shop import call, call_json
from storage import storing
from tastemaker.core import DataError, MissingExtra, Run, ServiceError
from tastemaker.data.read import read
from tastemaker.data.remote import cloud
from tastemaker.data.remote.cloud import bring, is_address, mirror
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import extract

pytest.importorskip("fsspec")
pytest.importorskip("requests")
Image = pytest.importorskip("PIL.Image")

LOG = "user_id,item_id,rating,timestamp\n" + "".join(f"u{n % 7},i{n % 5},{n % 5 + 1},{n}\n" for n in range(40))


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder with tables, pictures of which one is named by nobody, and things that are none of ours."""
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cloud.time, "sleep", lambda seconds: None)
    folder = tmp_path / "bucket" / "shop"
    (folder / "images").mkdir(parents=True)
    (folder / "interactions.csv").write_text(LOG)
    rows = "".join(f"i{n},Film {n} of the sea,images/{n}.png\n" for n in range(5))
    (folder / "items.csv").write_text("item_id,title,image\n" + rows)
    for n in range(6):
        Image.new("RGB", (20, 20), (n, 0, 0)).save(folder / "images" / f"{n}.png")
    (folder / "dump.zip").write_bytes(b"x" * 1000)
    (folder / "backup.csv").write_text("a,b\n1,2\n")
    (folder / "tastemaker.toml").write_text("[data]\ncore = 1\n")
    return folder


@pytest.fixture
def storage(there):
    with storing(there.parent) as storage:
        storage.shop = f"{storage.url}/shop"
        yield storage


class Colours:
    name, source, side, dim = "colours", "image", 8, 3

    def encode(self, content):
        return [picture.mean((0, 1)) for picture in content]

    def fingerprint(self):
        return "colours/1"


def test_what_an_address_is():
    assert all(map(is_address, ["s3://bucket/shop", "gs://b", "AZ://b/c", "memory://x", "https://a.example/b"]))
    assert not any(map(is_address, ["shop/", "C:/shop", "s3:/bucket", "postgresql://host/base", "ftp://a/b"]))


def test_a_folder_over_there_reads_as_one_here(storage, there):
    here, gone = read(there).data, read(storage.shop).data
    assert gone.items.ids == here.items.ids
    assert gone.interactions.item.tolist() == here.interactions.item.tolist()
    assert gone.name == "shop"
    assert sorted(storage.fetched) == ["shop/interactions.csv", "shop/items.csv", "shop/tastemaker.toml"]


def test_a_second_time_fetches_what_has_changed_and_forgets_what_went(storage, there):
    copy = mirror(storage.shop)
    storage.fetched.clear()
    assert mirror(storage.shop) == copy
    assert storage.fetched == []
    text = (there / "items.csv").read_text()
    (there / "items.csv").write_text(text.replace("Film", "Filn"))  # as many bytes as before
    (there / "interactions.csv").rename(there / "ratings.csv")
    mirror(storage.shop)
    assert sorted(storage.fetched) == ["shop/items.csv", "shop/ratings.csv"]
    assert sorted(path.name for path in copy.iterdir()) == ["items.csv", "ratings.csv", "tastemaker.toml"]
    assert "Filn" in (copy / "items.csv").read_text()


def test_only_named_media_come_and_only_when_they_are_read(storage, there, tmp_path):
    data = read(storage.shop).data
    storage.fetched.clear()
    cache = FeatureCache(tmp_path / "features")
    found = extract(data, [Colours()], cache=cache)
    assert sorted(storage.fetched) == [f"shop/images/{n}.png" for n in range(5)]
    assert found.features["colours"].vectors[:, 0].tolist() == [0, 1, 2, 3, 4]
    storage.fetched.clear()
    assert extract(data, [Colours()], cache=cache).counts["colours"]["cached"] == 5
    assert storage.fetched == []
    (there / "images" / "3.png").unlink()
    shutil.rmtree(data.root / "images")
    again = extract(data, [Colours()], cache=cache)
    assert [b.item for b in again.broken] == ["i3"]
    cache.close()


def test_what_a_stopped_run_fetched_is_kept(storage, there):
    data = read(storage.shop).data
    storage.fails = lambda name: name == "2.png"
    with pytest.raises(ServiceError) as raised:
        bring(data, "image", Run())
    assert storage.shop in str(raised.value)
    assert "geheim" not in str(raised.value)
    assert storage.fetched.count("shop/images/2.png") == cloud.TRIES
    kept = {path.name for path in (data.root / "images").iterdir()}
    assert "2.png" not in kept
    storage.fails = lambda name: False
    storage.fetched.clear()
    bring(data, "image", Run())
    assert {name.rpartition("/")[2] for name in storage.fetched} == {f"{n}.png" for n in range(5)} - kept


def test_a_storage_that_stumbles_is_asked_again(storage):
    storage.fails = lambda name: name == "items.csv" and storage.fetched.count("shop/items.csv") < 2
    assert len(read(storage.shop).data.items) == 5


def test_one_file_and_parts_of_a_table(storage, there):
    assert len(read(f"{storage.shop}/interactions.csv").data.users) == 7
    assert "shop/items.csv" not in storage.fetched
    import pyarrow as pa
    from pyarrow import parquet

    parts = there.parent / "parts" / "interactions.parquet"
    parts.mkdir(parents=True)
    for n in range(2):
        table = pa.table({"user_id": [f"a{n}", f"b{n}"], "item_id": ["x", "y"], "timestamp": [n, n + 1]})
        parquet.write_table(table, parts / f"part-{n}.parquet")
    assert len(read(f"{storage.url}/parts").data.users) == 4
    (parts / "part-1.parquet").unlink()
    assert len(read(f"{storage.url}/parts").data.users) == 2


def test_names_that_lead_out_of_the_folder_are_left(storage, there, tmp_path):
    (there / "items.csv").write_text("item_id,title,image\ni0,A,../../secret.png\ni1,B,images/1.png\n")
    data = read(storage.shop).data
    bring(data, "image", Run())
    assert [path.name for path in (data.root / "images").iterdir()] == ["1.png"]


def test_large_media_stay_and_a_full_disk_is_told_before(storage, monkeypatch):
    data = read(storage.shop).data
    with monkeypatch.context() as here:
        here.setattr(cloud, "MEDIA", 10)
        bring(data, "image", Run())
    assert not (data.root / "images").exists()
    monkeypatch.setattr(cloud, "ROOM", 0.0)
    with pytest.raises(DataError, match=r"GB to fetch, but only .* GB are free"):
        bring(data, "image", Run())


@pytest.mark.parametrize("address", ["s3://key:geheim@bucket/shop", "https://a.example/b?sig=geheim", "s3://a::s3://b"])
def test_who_asks_does_not_stand_in_the_address(address):
    with pytest.raises(DataError, match="Say who asks by the environment") as raised:
        mirror(address)
    assert "geheim" not in str(raised.value)


@pytest.mark.skipif(find_spec("s3fs") is not None, reason="s3fs is installed")
def test_without_the_package_it_says_what_to_install():
    with pytest.raises(MissingExtra, match=r"s3fs is not installed. Try: pip install 'tastemaker\[cloud\]'"):
        mirror("s3://bucket/shop")


def test_nothing_there_and_nobody_there(storage, there):
    with pytest.raises(DataError, match="There is no data folder and no table at"):
        mirror(f"{storage.url}/shoop")
    with pytest.raises(ServiceError, match="does not answer as it should"):
        mirror("webhdfs://127.0.0.1:9/shop")


def test_commands_take_addresses(capsys, storage):
    code, _, err = call(capsys, "read", storage.shop)
    assert code == 0
    assert "3 files to fetch" in err
    assert call_json(capsys, "encode", storage.shop, "--quiet")["encoders"]
    assert call(capsys, "read", "ftp://host/shop")[2].startswith("error: Folders cannot be read from ftp://. Known: s3")


def test_storage_in_memory(there):
    import fsspec

    memory = fsspec.filesystem("memory")
    try:
        for name in ("items.csv", "interactions.csv"):
            memory.pipe_file(f"/shop/{name}", (there / name).read_bytes())
        first = mirror("memory://shop")
        stamp = os.stat(first / "items.csv").st_mtime
        assert len(read("memory://shop").data.items) == 5
        assert os.stat(first / "items.csv").st_mtime == stamp
    finally:
        memory.rm("/shop", recursive=True)

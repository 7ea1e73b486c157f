"""Pictures: uploaded, refused, searched by, and recommended by what is in them."""

import csv
import io
import time

import numpy as np
import pytest
from starlette.testclient import TestClient

import tastemaker as tm
from shop import write_shop
from tastemaker.features.catalog import ENCODERS
from tastemaker.http.app import application
from tastemaker.http.keys import SCOPES, digest
from tastemaker.models.item_knn import ItemKNN
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("transformers")


def picture(topic, seed):
    """Stripes of a topic's direction and colour, with noise."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 40, (48, 48, 3))
    pixels[:, :, topic] += 160
    pixels[(slice(None, None, 4),) if topic == 1 else (slice(None), slice(None, None, 4 + topic))] += 50
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def pictured(tmp_path_factory):
    """A pipeline that reads pictures alone."""
    from tiny import build

    folder = write_shop(tmp_path_factory.mktemp("pictured") / "shop")
    (folder / "img").mkdir()
    with (folder / "items.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (folder / "items.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["item_id", "title", "image"])
        for n, row in enumerate(rows):
            (folder / "img" / f"{n}.png").write_bytes(picture(n % 3, n))
            out.writerow([row["item_id"], row["title"], f"img/{n}.png"])
    encoder = ENCODERS.build({"name": "hf", "source": "image", "model": build("resnet", folder.parent / "resnet")})
    tm.Pipeline(model=ItemKNN(), encoders=[encoder]).fit(tm.read(folder)).save(folder.parent / "shop.tm")
    return folder.parent / "shop.tm"


@pytest.fixture(scope="module")
def http(pictured, tmp_path_factory):
    service = open_service(pictured, None, tmp_path_factory.mktemp("home") / "home", ServeSettings(tick=0.05))
    service.store.put_key(digest("all"), "default", SCOPES)
    with TestClient(application(service), headers={"X-API-Key": "all"}) as client:
        client.post("/v1/image/search", content=picture(0, 0))  # the process beside it has started
        yield client


def test_a_new_item_with_a_picture_only_is_searched_and_recommended_within_seconds(http):
    began = time.monotonic()
    got = http.put("/v1/items/new/media/image", content=picture(2, 99))
    assert got.json()["file"].startswith("image/")

    def found():
        return [one["item"] for one in http.post("/v1/image/search?k=3", content=picture(2, 99)).json()["items"]]

    while "new" not in found():
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    assert found()[0] == "new"
    listed = http.post("/v1/recommend", json={"user": "u2", "k": 24, "explain": True}).json()["items"]
    assert next(one for one in listed if one["item"] == "new")["source"] in {"model", "similar"}
    assert http.post("/v1/similar", json={"item": "new", "k": 3}).json()["items"][0]["source"] == "content"


def test_what_is_searched_by_is_not_kept(http):
    home = http.app.state.context.service.home.media("default")
    before = sorted(home.rglob("*"))
    assert http.post("/v1/image/search?k=2&filter=id != 'i1'", content=picture(1, 7)).status_code == 200
    assert http.post("/v1/image/search", content=b"broken").status_code == 415
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("body", [b"no picture", picture(0, 1)[:60], b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\0" * 50])
def test_a_broken_file_is_refused_and_not_kept(http, body):
    got = http.put("/v1/items/broken/media/image", content=body)
    assert got.status_code == 415, got.text
    assert got.headers["content-type"] == "application/problem+json"
    assert http.get("/v1/items/broken").status_code == 404


def test_a_sound_is_no_picture(http):
    assert http.put("/v1/items/i1/media/audio", content=picture(0, 1)).status_code in {415, 501}
    got = http.post("/v1/search", json={"text": "a boat"})
    assert got.status_code == 422
    assert "no encoder that reads it" in got.json()["detail"]


def test_the_same_file_is_kept_once(http):
    one = http.put("/v1/items/i1/media/image", content=picture(1, 5)).json()["file"]
    assert http.put("/v1/items/i2/media/image", content=picture(1, 5)).json()["file"] == one
    assert http.get("/v1/items/i2").json()["media"] == {"image": [one]}

"""`tastemaker media pull` on a shop whose pictures lie on a server."""

import io

import pytest
from PIL import Image

from served import serving
from shop import call, call_json


def picture(shade):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def shop(tmp_path):
    with serving() as server:
        server.give("/a.png", picture(1))
        lines = [f"a,Tea,{server.url}/a.png", f"b,Pot,{server.url}/gone.png"]
        (tmp_path / "items.csv").write_text("\n".join(["item_id,title,image", *lines]) + "\n")
        (tmp_path / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\n")
        yield tmp_path, server


def test_it_fetches_and_tells(capsys, shop):
    folder, server = shop
    words = ["media", "pull", folder, "--hosts", f"127.0.0.1:{server.port}", "--allow-private"]
    code, out, _ = call(capsys, *words, "--quiet")
    assert code == 0
    assert out.startswith("fetched 1 (0.0 MB), unchanged 0, already here 0, failed 1")
    assert "1 x its server answers 404" in out
    answer = call_json(capsys, *words)
    assert (answer["kept"], answer["failed"][0]["url"]) == (1, f"{server.url}/gone.png")
    assert call_json(capsys, "read", folder)["shares"]["image"]["items"] == 0.5


def test_hosts_must_be_named(capsys, shop):
    folder, server = shop
    code, _, err = call(capsys, "media", "pull", folder, "--quiet")
    assert code == 2
    assert f"127.0.0.1:{server.port} (2)" in err
    assert "--any-host" in err
    assert server.asked == []


def test_bad_input_is_one_line(capsys, shop, tmp_path):
    folder, _ = shop
    for words in (
        ["media", "pull", folder / "none", "--any-host"],
        ["media", "pull", folder, "--any-host", "--workers", "0"],
    ):
        code, out, err = call(capsys, *words, "--quiet")
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
    (folder / "items.csv").write_text("item_id,image\na,own.png\n")
    code, _, err = call(capsys, "media", "pull", folder, "--any-host", "--quiet")
    assert code == 2
    assert "no picture, sound or video by an http" in err

import csv
import io
import os
import socket
import time

import pytest
from PIL import Image

from served import serving
from tastemaker.core import DataError
from tastemaker.data.read import read
from tastemaker.data.remote import get as getting
from tastemaker.data.remote import guard as guarding
from tastemaker.data.remote.get import Caps
from tastemaker.data.remote.guard import Guard
from tastemaker.data.remote.pull import addresses, pull
from tastemaker.data.settings import DataSettings

UNFETCHED = "image addresses not fetched (see `tastemaker media pull`)"
HERE = Guard(any_host=True, private=True)


def picture(shade=0, kind="PNG", size=(8, 8)):
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 0, 0)).save(out, kind)
    return out.getvalue()


@pytest.fixture
def server():
    with serving() as running:
        yield running


def caps(**how):
    return Caps(**{"tries": 1, "seconds": 5.0, **how})


def take(root, urls, guard=HERE, modality="image", refresh=False, **how):
    return pull(root, dict.fromkeys(urls, modality), (guard, caps(**how)), refresh=refresh)


def reason(pulled):
    [(_, why)] = pulled.failed
    return why


def files(root):
    return sorted(p.name for p in (root / "media").iterdir())


def test_a_file_is_fetched_under_a_safe_name_by_what_it_is(tmp_path, server):
    server.give("/a/../b.exe?x=/../..", picture(9))
    url = f"{server.url}/a/../b.exe?x=/../.."
    found = take(tmp_path, [url])
    assert (found.fetched, found.failed, found.bytes) == (1, (), len(picture(9)))
    [name] = files(tmp_path)
    assert name.endswith(".png")
    assert len(name) == 36
    assert (tmp_path / "media" / name).read_bytes() == picture(9)


def test_what_is_here_is_not_asked_for_again(tmp_path, server):
    server.give("/a", picture())
    take(tmp_path, [f"{server.url}/a"])
    again = take(tmp_path, [f"{server.url}/a"])
    assert (again.kept, again.fetched) == (1, 0)
    assert server.paths() == ["/a"]


def test_a_file_that_went_missing_is_fetched_anew(tmp_path, server):
    server.give("/a", picture(), ETag='"1"')
    take(tmp_path, [f"{server.url}/a"])
    (tmp_path / "media" / files(tmp_path)[0]).unlink()
    assert take(tmp_path, [f"{server.url}/a"], refresh=True).fetched == 1
    assert "If-None-Match" not in server.asked[-1][1]


def test_refreshing_asks_by_version(tmp_path, server):
    when = "Wed, 21 Oct 2015 07:28:00 GMT"

    def answer(handler):
        same = handler.headers.get("If-None-Match") == '"v1"' and handler.headers.get("If-Modified-Since") == when
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Last-Modified", when)
        handler.send_header("Content-Length", "0" if same else str(len(picture())))
        handler.end_headers()
        handler.wfile.write(b"" if same else picture())

    server.answers["/a"] = answer
    url = f"{server.url}/a"
    take(tmp_path, [url])
    again = take(tmp_path, [url], refresh=True)
    assert (again.unchanged, again.fetched, again.bytes) == (1, 0, 0)
    server.give("/a", picture(200, "JPEG"), ETag='"v2"')
    changed = take(tmp_path, [url], refresh=True)
    assert changed.fetched == 1
    [row] = csv.DictReader(io.StringIO((tmp_path / "media.csv").read_text()))
    assert row["etag"] == '"v2"'
    assert row["file"].endswith(".jpg")


def test_a_failed_refresh_keeps_what_was_here(tmp_path, server):
    server.give("/a", picture())
    take(tmp_path, [f"{server.url}/a"])
    before = files(tmp_path)
    server.give("/a", b"gone", 404)
    assert "404" in reason(take(tmp_path, [f"{server.url}/a"], refresh=True))
    assert files(tmp_path) == before
    assert take(tmp_path, [f"{server.url}/a"]).kept == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!doctype html><title>404</title>", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"", "nothing"),
        (b"PK\x03\x04" + b"\0" * 40, "bytes that begin with 50 4b 03 04"),
        (b"OggS" + b"\0" * 40, "a file of the kind ogg"),
    ],
)
def test_what_is_no_picture_is_not_kept(tmp_path, server, content, said):
    server.give("/a.jpg", content, Content_Type="image/jpeg")
    why = reason(take(tmp_path, [f"{server.url}/a.jpg"]))
    assert said in why
    assert files(tmp_path) == []


def test_sounds_are_taken_where_sounds_belong(tmp_path, server):
    server.give("/a", b"OggS" + b"\0" * 40)
    assert take(tmp_path, [f"{server.url}/a"], modality="audio").fetched == 1


def test_too_large_is_told_from_the_head_and_while_it_comes(tmp_path, server):
    server.give("/told", picture(size=(300, 300)) + b"\0" * 5000)

    def untold(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(picture() + b"\0" * 1000)

    server.answers["/untold"] = untold
    for path in ("/told", "/untold"):
        assert "more than the 0.0 MB allowed" in reason(take(tmp_path, [server.url + path], file=4000))
    assert files(tmp_path) == []


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_server_that_drips_is_left(tmp_path, server, where):
    def drip(handler):
        if where == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        for _ in range(300):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    server.answers["/a"] = drip
    start = time.monotonic()
    assert "longer than 0.5 s" in reason(take(tmp_path, [f"{server.url}/a"], seconds=0.5))
    assert time.monotonic() - start < 3
    assert files(tmp_path) == []


def test_a_broken_connection_is_tried_again(tmp_path, server):
    def short(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "9999")
        handler.end_headers()
        handler.wfile.write(picture())
        server.give("/a", picture())

    server.answers["/a"] = short
    assert take(tmp_path, [f"{server.url}/a"], tries=2).fetched == 1
    server.answers["/b"] = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    assert "connection broke" in reason(take(tmp_path, [f"{server.url}/b"]))


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_given_the_time_it_asks_for(tmp_path, server, monkeypatch, status):
    waited = []
    monkeypatch.setattr(getting.time, "sleep", waited.append)  # the clock

    def busy(handler):
        if len(server.asked) >= 2:  # before the answer goes out: the next question may come at once
            server.give("/a", picture())
        handler.send_response(status)
        handler.send_header("Retry-After", "7")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/a"] = busy
    assert take(tmp_path, [f"{server.url}/a"], tries=4).fetched == 1
    assert waited == [7.0, 7.0]
    server.give("/b", b"", status, Retry_After="86400")
    assert "asks to wait 86,400 s" in reason(take(tmp_path, [f"{server.url}/b"], tries=4))
    server.give("/c", b"", status)
    assert "(3 tries)" in reason(take(tmp_path, [f"{server.url}/c"], tries=3))
    assert waited[2:] == [1.0, 2.0]


def test_a_host_that_is_not_allowed_is_not_asked(tmp_path, server):
    guard = Guard(("other.example",), private=True)
    assert "not among the allowed hosts" in reason(take(tmp_path, [f"{server.url}/a"], guard))
    assert server.asked == []


def test_this_machine_is_not_asked(tmp_path, server):
    guard = Guard((f"127.0.0.1:{server.port}", f"localhost:{server.port}"))
    found = take(tmp_path, [f"{server.url}/a", f"http://localhost:{server.port}/a"], guard)
    assert len(found.failed) == 2
    assert all("address of an inner network" in why for _, why in found.failed)
    assert server.asked == []


def test_redirects_are_followed_and_counted(tmp_path, server):
    server.give("/end", picture())
    server.give("/one", b"", 302, Location="/end")
    server.give("/round", b"", 301, Location="/round")
    server.give("/none", b"", 307)
    assert take(tmp_path, [f"{server.url}/one"]).fetched == 1
    assert "sent on more than 3 times" in reason(take(tmp_path, [f"{server.url}/round"], redirects=3))
    assert server.paths().count("/round") == 4
    assert take(tmp_path, [f"{server.url}/none"]).failed


def rebinding(monkeypatch, answers):
    """A resolver that answers in turn, and a network on which 93.184.216.34 is this machine."""
    turns = {host: list(numbers) for host, numbers in answers.items()}
    asked, connected = [], []
    real, resolver = socket.create_connection, socket.getaddrinfo

    def resolve(host, port, *flags, **_):
        if host[0].isdigit():  # create_connection asks for its number
            return resolver(host, port, *flags)
        asked.append(host)
        number = turns[host].pop(0) if len(turns[host]) > 1 else turns[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    def connect(address, **how):
        connected.append(address[0])
        return real(("127.0.0.1", address[1]), **how)

    monkeypatch.setattr(guarding.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(getting.socket, "create_connection", connect)
    return asked, connected


PUBLIC = "93.184.216.34"


def test_a_redirect_to_an_inner_address_is_refused(tmp_path, server, monkeypatch):
    _, connected = rebinding(monkeypatch, {"shop.example": [PUBLIC], "inner.example": ["169.254.169.254"]})
    hosts = Guard((f"shop.example:{server.port}", f"inner.example:{server.port}", f"127.0.0.1:{server.port}"))
    for place in (f"http://inner.example:{server.port}/secret", "http://10.0.0.1/", "file:///etc/passwd"):
        server.give("/a", b"", 302, Location=place)
        found = take(tmp_path, [f"http://shop.example:{server.port}/a"], hosts)
        assert "inner network" in reason(found) or "not among" in reason(found) or "scheme" in reason(found)
    assert set(connected) == {PUBLIC}
    assert set(server.paths()) == {"/a"}


def test_a_name_that_changes_its_address_gains_nothing(tmp_path, server, monkeypatch):
    """The name is asked once a request, and the connection goes to the address that was checked."""
    asked, connected = rebinding(monkeypatch, {"evil.example": [PUBLIC, "127.0.0.1"]})
    server.give("/a", picture())
    guard = Guard((f"evil.example:{server.port}",))
    assert take(tmp_path, [f"http://evil.example:{server.port}/a"], guard).fetched == 1
    assert (asked, connected) == (["evil.example"], [PUBLIC])
    assert server.asked[0][1]["Host"] == f"evil.example:{server.port}"
    assert "inner network" in reason(take(tmp_path, [f"http://evil.example:{server.port}/b"], guard))
    assert connected == [PUBLIC]


def test_https_wants_a_certificate_that_is_trusted(tmp_path, server):
    why = reason(take(tmp_path, [f"https://127.0.0.1:{server.port}/a"]))
    assert "no safe connection" in why or "connection broke" in why


def test_a_pull_that_was_stopped_goes_on(tmp_path, server):
    urls = [f"{server.url}/{n}" for n in range(6)]
    for n in range(3):
        server.give(f"/{n}", picture(n))
    first = take(tmp_path, urls)
    assert (first.fetched, len(first.failed)) == (3, 3)
    for n in range(6):
        server.give(f"/{n}", picture(n))
    server.asked.clear()
    second = take(tmp_path, urls)
    assert (second.kept, second.fetched, second.failed) == (3, 3, ())
    assert sorted(server.paths()) == ["/3", "/4", "/5"]


def test_all_bytes_of_a_run_are_capped(tmp_path, server):
    for n in range(5):
        server.give(f"/{n}", picture(n))
    found = take(tmp_path, [f"{server.url}/{n}" for n in range(5)], total=len(picture()) + 1, workers=1)
    assert (found.fetched, found.left) == (2, 3)


def test_one_host_is_asked_by_few_at_once(tmp_path, server):
    busy, most = [], []

    def slow(handler):
        busy.append(1)
        most.append(len(busy))
        time.sleep(0.05)
        busy.pop()
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(picture())

    for n in range(8):
        server.answers[f"/{n}"] = slow
    assert take(tmp_path, [f"{server.url}/{n}" for n in range(8)], workers=8, per_host=2).fetched == 8
    assert max(most) <= 2


def shop(root, url):
    (root / "items.csv").write_text(f"item_id,title,image_url\na,Tea,{url}/a\nb,Pot,{url}/b|{url}/a\nc,Cup,own.png\n")
    (root / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\nv,c\n")
    (root / "own.png").write_bytes(picture())


def test_the_reader_finds_what_was_fetched_and_the_tables_stay(tmp_path, server):
    shop(tmp_path, server.url)
    before = (tmp_path / "items.csv").read_bytes()
    assert read(tmp_path).receipt.rule(UNFETCHED).hits == 3
    server.give("/a", picture(1))
    server.give("/b", picture(2))
    wanted = addresses(tmp_path, DataSettings())
    assert wanted == {f"{server.url}/a": "image", f"{server.url}/b": "image"}
    pull(tmp_path, wanted, (HERE, caps()))
    reading = read(tmp_path)
    assert [len(entry) for entry in reading.data.content["image"]] == [1, 2, 1]
    assert [path.read_bytes() for path in reading.data.content["image"][1]] == [picture(2), picture(1)]
    assert reading.receipt.rule(UNFETCHED) is None
    assert (tmp_path / "items.csv").read_bytes() == before


def test_a_book_of_somebody_else_is_left_alone(tmp_path, server):
    (tmp_path / "media.csv").write_text("mine,own\n1,2\n")
    with pytest.raises(DataError, match="Move it away"):
        take(tmp_path, [f"{server.url}/a"])
    assert (tmp_path / "media.csv").read_text() == "mine,own\n1,2\n"


def test_a_book_that_points_out_of_the_folder_is_not_followed(tmp_path, server):
    shop(tmp_path, server.url)
    head = "url,file,bytes,sha256,etag,last_modified\n"
    (tmp_path / "media.csv").write_text(head + f"{server.url}/a,../../etc/passwd,1,x,,\n")
    told = read(tmp_path).receipt.rule("image paths refused")
    assert told.hits == 2
    assert "../../etc/passwd" in told.examples[0]


def test_halves_of_a_killed_pull_are_swept_away(tmp_path, server):
    (tmp_path / "media").mkdir()
    for name, age in (("old", 5000), ("young", 1)):
        part = tmp_path / "media" / f".{name}.part"
        part.write_bytes(b"half")
        os.utime(part, (time.time() - age,) * 2)
    take(tmp_path, [])
    assert files(tmp_path) == [".young.part"]


def test_no_part_of_a_file_stays_behind(tmp_path, server):
    server.give("/a", b"no picture")
    take(tmp_path, [f"{server.url}/a", f"{server.url}/none"])
    assert os.listdir(tmp_path / "media") == []

import socket

import pytest

from tastemaker.data.remote import guard as module
from tastemaker.data.remote.guard import Guard, NotAllowed, public
from tastemaker.data.remote.kinds import kind_of

INNER = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::", "2001:db8::1", "no number",
]  # fmt: skip


@pytest.mark.parametrize("number", INNER)
def test_inner_addresses_are_not_public(number):
    assert not public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_outer_addresses_are_public(number):
    assert public(number)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/x", "file:///etc/passwd", "gopher://a.example/", "//a.example/x", "a.example/x", "http://",
        "http:///x", "http://user:secret@a.example/", "http://user@a.example/", "http://a.example:99999/",
        "http://a.example/\r\nX: y", "http://a.example\\@b.example/", "http://" + "a" * 5000, "http://a..example/",
        "http://[::1/x", "javascript:alert(1)", "data:image/png;base64,iVBOR", "",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url):
    with pytest.raises(NotAllowed):
        Guard(any_host=True, private=True).target(url)


@pytest.mark.parametrize(
    ("allowed", "url", "may"),
    [
        ("img.example.org", "https://img.example.org/a.jpg", True),
        ("img.example.org", "https://IMG.Example.org./a.jpg", True),
        ("img.example.org", "https://evil.org/?img.example.org", False),
        ("img.example.org", "https://img.example.org.evil.org/", False),
        ("img.example.org", "https://ximg.example.org/", False),
        ("img.example.org", "https://img.example.org:8443/", False),
        ("img.example.org:8443", "https://img.example.org:8443/", True),
        ("img.example.org:8443", "https://img.example.org/", False),
        ("*.example.org", "http://a.b.example.org/", True),
        ("*.example.org", "http://example.org/", False),
        ("*.example.org", "http://badexample.org/", False),
        ("bücher.example", "http://bücher.example/", False),
        ("xn--bcher-kva.example", "http://bücher.example/", True),
    ],
)
def test_hosts_are_allowed_by_name(allowed, url, may):
    guard = Guard((allowed,))
    if may:
        assert guard.target(url)
        return
    with pytest.raises(NotAllowed, match="not among the allowed hosts"):
        guard.target(url)


def test_any_host_keeps_to_the_usual_ports():
    assert Guard(any_host=True).target("http://a.example/ä b?q=1 2").path == "/%C3%A4%20b?q=1%202"
    with pytest.raises(NotAllowed, match="port 22"):
        Guard(any_host=True).target("http://a.example:22/")


def names(monkeypatch, *numbers):
    """What the resolver says: a border of the machine."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 80)) for number in numbers]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *_, **__: found)


def test_a_name_for_an_inner_address_is_refused(monkeypatch):
    target = Guard(any_host=True).target("http://a.example/")
    names(monkeypatch, "10.0.0.7", "::ffff:127.0.0.1")
    with pytest.raises(NotAllowed, match=r"stands for 10\.0\.0\.7, an address of an inner network"):
        Guard(any_host=True).addresses(target)
    assert Guard(any_host=True, private=True).addresses(target) == ["10.0.0.7", "::ffff:127.0.0.1"]


def test_of_mixed_addresses_only_the_outer_ones_are_connected_to(monkeypatch):
    names(monkeypatch, "10.0.0.7", "8.8.8.8")
    guard = Guard(any_host=True)
    assert guard.addresses(guard.target("http://a.example/")) == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]"])
def test_odd_ways_to_write_this_machine_are_refused(host):
    guard = Guard(any_host=True)
    with pytest.raises(NotAllowed):
        guard.addresses(guard.target(f"http://{host}/"))


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"\xff\xd8\xff\xe0", ("image", "jpg")),
        (b"RIFF\0\0\0\0WEBPVP8 ", ("image", "webp")),
        (b"RIFF\0\0\0\0WAVEfmt ", ("audio", "wav")),
        (b"\0\0\0\x1cftypavif", ("image", "avif")),
        (b"\0\0\0\x1cftypM4A ", ("audio", "m4a")),
        (b"\0\0\0\x1cftypisom", ("video", "mp4")),
        (b"\xff\xfb\x90\x44", ("audio", "mp3")),
        (b"FORM\0\0\0\0AIFF", ("audio", "aif")),
        (b"<svg xmlns", None),
        (b"PK\x03\x04", None),
        (b"%!PS", None),
        (b"", None),
    ],
)
def test_kinds_are_told_by_the_first_bytes(first, kind):
    assert kind_of(first) == kind

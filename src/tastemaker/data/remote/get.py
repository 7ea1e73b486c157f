"""One file by its address: guarded at every step, capped, timed, tried again where the server asks for patience."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin

from annotated_types import Ge, Gt, Le

from tastemaker.core import component
from tastemaker.core.patience import asked_to_wait
from tastemaker.data.remote.guard import Guard, NotAllowed, Target

BLOCK = 1 << 16
MOVED = (301, 302, 303, 307, 308)
BUSY = (429, 500, 502, 503, 504)
AGENT = "tastemaker-media-pull"


@component
class Caps:
    """What fetching may cost.

    Attributes:
        file: Bytes of one file.
        total: Bytes of all files of one run.
        seconds: Time for one answer, from the connection to the last byte.
        redirects: Times that a server may send on.
        tries: Times that one address is asked where the server is busy or out of reach.
        patience: Seconds at most that a server may ask to wait.
        workers: Files fetched at once.
        per_host: Of these, from one host.
    """

    file: Annotated[int, Ge(1)] = 50 << 20
    total: Annotated[int, Ge(1)] = 20 << 30
    seconds: Annotated[float, Gt(0)] = 60.0
    redirects: Annotated[int, Ge(0), Le(20)] = 5
    tries: Annotated[int, Ge(1), Le(10)] = 4
    patience: Annotated[float, Ge(0)] = 120.0
    workers: Annotated[int, Ge(1), Le(64)] = 8
    per_host: Annotated[int, Ge(1), Le(64)] = 2


_Bytes = bytes  # `Got` has a field of that name


class Failed(Exception):
    """A file that could not be fetched; the text says why, as a sentence about "it"."""


class _Busy(Failed):
    """The server asks for patience, or is out of reach: trying again may help."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass(frozen=True)
class Got:
    """What a server gave; `unchanged` where it says that the known version still holds."""

    unchanged: bool = False
    bytes: int = 0
    sha256: str = ""
    first: _Bytes = b""
    etag: str = ""
    last_modified: str = ""


def get(url: str, to: Path, rules: tuple[Guard, Caps], known: tuple[str, str] = ("", "")) -> Got:
    """Fetch `url` into the file `to`.

    Args:
        url: An http or https address.
        to: Where to; what is there is replaced.
        rules: What may be asked, and what it may cost.
        known: ETag and Last-Modified of the version that is here; "" asks for the file whatever it is.

    Raises:
        Failed: It is not allowed, too large, too slow, or not there.
    """
    caps = rules[1]
    for turn in range(caps.tries):
        try:
            return _follow(url, to, rules, known)
        except NotAllowed as error:
            raise Failed(str(error)) from error
        except _Busy as error:
            wait = 2.0**turn if error.wait is None else error.wait
            if wait > caps.patience:
                raise Failed(f"{error}, and asks to wait {wait:,.0f} s") from error
            if turn + 1 == caps.tries:
                raise Failed(f"{error} ({caps.tries} tries)") from error
            time.sleep(wait)
    raise AssertionError("there is at least one try")


def _follow(url: str, to: Path, rules: tuple[Guard, Caps], known: tuple[str, str]) -> Got:
    guard, caps = rules
    secure = False
    for _ in range(caps.redirects + 1):
        target = guard.target(url)
        if secure and target.scheme == "http":
            raise Failed("it is sent on from https to http")
        secure = target.scheme == "https"
        with _answer(target, guard.addresses(target), caps, known) as answer:
            if answer.status not in MOVED:
                return _taken(answer, to, caps)
            url = urljoin(url, answer.headers.get("Location", ""))
    raise Failed(f"it is sent on more than {caps.redirects} times")


@contextlib.contextmanager
def _answer(target: Target, addresses: list[str], caps: Caps, known: tuple[str, str]) -> Iterator[Any]:
    """The answer to one request; the connection ends when its time is up, whatever it is doing."""
    late = threading.Event()
    lines = [_connected(target, addresses, caps)]
    clock = threading.Timer(caps.seconds, _end(lines, late))
    clock.daemon = True
    clock.start()
    connection = http.client.HTTPConnection(target.host, target.port)
    try:
        _secure(lines, target)
        connection.sock = lines[-1]  # to the address that was checked: the name is not asked again
        connection.request("GET", target.path, headers=_headers(target, known))
        with contextlib.closing(connection.getresponse()) as answer:
            yield answer
    except (OSError, http.client.HTTPException, ValueError, Failed) as error:
        raise _why(error, late.is_set(), caps) from error
    finally:
        clock.cancel()
        connection.close()
        for line in lines:
            line.close()


def _why(error: Exception, late: bool, caps: Caps) -> Failed:
    if late:
        return Failed(f"it takes longer than {caps.seconds:g} s")
    if isinstance(error, Failed):
        return error
    if isinstance(error, ssl.SSLError):
        return Failed(f"no safe connection to its server can be made ({error.reason or error})")
    return _Busy(f"the connection broke ({error or type(error).__name__})")


def _end(lines: list[socket.socket], late: threading.Event) -> Callable[[], None]:
    def end() -> None:
        late.set()
        with contextlib.suppress(OSError):
            lines[-1].shutdown(socket.SHUT_RDWR)

    return end


def _secure(lines: list[socket.socket], target: Target) -> None:
    """Add the line with TLS over it, where the address is one of https; its name is what the certificate must have."""
    if target.scheme == "https":
        context = ssl.create_default_context()
        safe = context.wrap_socket(lines[0], server_hostname=target.host, do_handshake_on_connect=False)
        lines.append(safe)
        safe.do_handshake()


def _connected(target: Target, addresses: list[str], caps: Caps) -> socket.socket:
    why: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, target.port), timeout=caps.seconds / len(addresses))
        except OSError as error:
            why = error
    raise _Busy(f"its host {target.host} is out of reach ({why})") from why


def _headers(target: Target, known: tuple[str, str]) -> dict[str, str]:
    wanted = {"Host": target.named, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    wanted |= {"If-None-Match": known[0]} if known[0] else {}
    return wanted | ({"If-Modified-Since": known[1]} if known[1] else {})


def _taken(answer: Any, to: Path, caps: Caps) -> Got:
    if answer.status == 304:
        return Got(unchanged=True)
    if answer.status in BUSY:
        raise _Busy(f"its server answers {answer.status}", asked_to_wait(answer.headers.get("Retry-After")))
    if answer.status != 200:
        raise Failed(f"its server answers {answer.status} {answer.reason}".rstrip())
    said = answer.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > caps.file:
        raise Failed(f"it has {int(said) / 1e6:,.1f} MB, more than the {caps.file / 1e6:,.1f} MB allowed")
    size, digest, first = _written(answer, to, caps)
    if said.isdigit() and size < int(said):
        raise _Busy(f"the connection broke after {size:,} of {int(said):,} bytes")
    told = [answer.headers.get(name, "") for name in ("ETag", "Last-Modified")]
    return Got(False, size, digest, first, *(text if text.isascii() and len(text) < 500 else "" for text in told))


def _written(answer: Any, to: Path, caps: Caps) -> tuple[int, str, bytes]:
    size, digest, first = 0, hashlib.sha256(), b""
    with to.open("wb") as file:
        while block := answer.read1(BLOCK):
            size += len(block)
            if size > caps.file:
                raise Failed(f"it has more than the {caps.file / 1e6:,.1f} MB allowed")
            first = (first + block)[:64] if len(first) < 64 else first
            digest.update(block)
            file.write(block)
    return size, digest.hexdigest(), first

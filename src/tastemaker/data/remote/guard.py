"""Which addresses may be asked: hosts by a list, and no machine of the inner network behind their names."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

PORTS = {"http": 80, "https": 443}
LONGEST = 4096  # characters of an address
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
_SAFE = "/%:=&?~#+!$,;'@()*[]"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """An address that is not asked; the text says why, as a sentence about "it"."""


@dataclass(frozen=True)
class Target:
    """An address taken apart, its host in ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """Host as requests name it, with a port that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Guard:
    """What may be asked.

    Attributes:
        hosts: Allowed hosts: ``img.example.org``, ``*.example.org`` (below it), each with ``:8080`` for another
            port than the usual one.
        any_host: Allow every host; its port must be the usual one.
        private: Allow addresses of this machine and the inner network, and any port; for intranets and tests.
    """

    hosts: Sequence[str] = ()
    any_host: bool = False
    private: bool = False

    def target(self, url: str) -> Target:
        """Take an address apart; raises `NotAllowed` where it is none, or its host is not allowed."""
        try:
            found = _apart(url)
        except (ValueError, UnicodeError) as error:
            raise NotAllowed(f"it is no address that can be understood ({error})") from error
        if not self.any_host and not any(self._fits(host, found) for host in self.hosts):
            raise NotAllowed(f"its host {found.named} is not among the allowed hosts")
        usual = self.private or not self.any_host or found.port == PORTS[found.scheme]
        if not usual:
            raise NotAllowed(f"its port {found.port} is not the usual one")
        return found

    def _fits(self, allowed: str, target: Target) -> bool:
        name, _, port = allowed.lower().partition(":")
        if target.port != (int(port) if port.isdigit() else PORTS[target.scheme]) and not self.private:
            return False
        if name.startswith("*."):
            return target.host.endswith(name[1:])
        return target.host == name

    def addresses(self, target: Target) -> list[str]:
        """IP addresses of a host that may be connected to; the connection must go to one of them, not to the name.

        Raises:
            NotAllowed: The name is not known, or stands for inner addresses only.
        """
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotAllowed(f"its host {target.host} is not known ({error})") from error
        numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        kept = [number for number in numbers if self.private or public(number)]
        if not kept:
            raise NotAllowed(f"its host {target.host} stands for {numbers[0]}, an address of an inner network")
        return kept


def _apart(url: str) -> Target:
    if len(url) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    if _CONTROL.search(url.strip()):
        url = re.sub(" ", "%20", url.strip())
        if _CONTROL.search(url):
            raise ValueError("control characters or \\ in it")
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in PORTS:
        raise ValueError(f"{parts.scheme or 'no'} scheme; http and https are taken")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user name in it")
    if not parts.hostname:
        raise ValueError("no host in it")
    host = parts.hostname.rstrip(".")
    host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    scheme = parts.scheme.lower()
    path = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    return Target(scheme, host, parts.port or PORTS[scheme], path)


def public(number: str) -> bool:
    """Whether an IP address belongs to the public network; IPv4 that is wrapped in IPv6 is unwrapped first."""
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    return all(_public(each) for each in (address, *_wrapped(address)))


def _wrapped(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    inner += [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)] if address in _NAT64 else []
    return [each for each in inner if each is not None]


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address in _NAT64):
        return True  # what is wrapped decides
    wrong = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not wrong and not address.is_private and not address.is_link_local

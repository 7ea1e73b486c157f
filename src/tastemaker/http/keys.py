"""Who may do what: keys, kept as hashes, each of one tenant and with scopes."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tastemaker.http.problems import Problem
from tastemaker.storage.base import Store

SCOPES = ("read", "write", "admin")
FRESH = 2.0  # seconds that a key's rights are remembered
MOST = 10_000
PREFIX = "tm_"
ASKED = {"WWW-Authenticate": "Bearer"}


def new_key() -> str:
    """256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is kept of a key; it is random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from."""

    tenant: str
    scopes: tuple[str, ...]
    digest: str


class Keys:
    """Looks keys up. Comparing is left to a look-up by hash, whose time tells nothing of the key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[float, Caller]] = {}

    async def caller(self, request: Request, scope: str) -> Caller:
        """Who asks; raises `Problem` 401 or 403."""
        key = given(request)
        if not key:
            raise Problem(
                401, "Send a key: Authorization: Bearer KEY, or X-API-Key: KEY.", {"WWW-Authenticate": "Bearer"}
            )
        mark = digest(key)
        caller = self._remembered(mark) or await run_in_threadpool(self._found, mark)
        if caller is None:
            raise Problem(401, "The key is not known, or was taken away.", ASKED)
        if scope not in caller.scopes and "admin" not in caller.scopes:
            raise Problem(403, f"This needs a key with the scope {scope!r}; yours has: {', '.join(caller.scopes)}.")
        return caller

    def _remembered(self, mark: str) -> Caller | None:
        known = self._known.get(mark)
        return known[1] if known is not None and time.monotonic() - known[0] < FRESH else None

    def _found(self, mark: str) -> Caller | None:
        found = self._store.key(mark)
        if found is None:
            self._known.pop(mark, None)
            return None
        caller = Caller(found[0], found[1], mark)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[mark] = (time.monotonic(), caller)
        return caller


def given(request: Request) -> str:
    """The key that a request brings, "" none."""
    said = request.headers.get("authorization", "")
    if said[:7].lower() == "bearer ":
        return said[7:].strip()
    return request.headers.get("x-api-key", "").strip()

"""What one request and one key may cost."""

from __future__ import annotations

import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tastemaker.http.problems import Problem, problem

BURST = 2.0  # seconds' worth of requests that may come at once
MOST = 10_000
FORM = b"application/x-www-form-urlencoded"


class Rates:
    """A bucket of tokens a key.

    Args:
        per_second: That flow in; 0 is no limit.
    """

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """One request; raises `Problem` 429 where the bucket is empty."""
        if not self._rate:
            return
        now, most = time.monotonic(), max(1.0, BURST * self._rate)
        left, at = self._buckets.get(key, (most, now))
        left = min(most, left + (now - at) * self._rate)
        if left < 1:
            wait = (1 - left) / self._rate
            raise Problem(
                429, f"More than {self._rate:g} requests a second.", {"Retry-After": f"{max(1, round(wait))}"}
            )
        if len(self._buckets) >= MOST:
            self._buckets.clear()
        self._buckets[key] = (left - 1, now)


class PlainJson:
    """Takes a body without a type, or with that of ``curl -d``, as JSON.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say what the body is."""
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name != b"content-type" or value != FORM]
            if all(name != b"content-type" for name, _ in headers):
                headers.append((b"content-type", b"application/json"))
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses bodies that are too large, whether they say so or not.

    Args:
        app: What answers.
        most: Bytes.
        uploads: Bytes where the address is one for files.
    """

    def __init__(self, app: ASGIApp, most: int, uploads: int) -> None:
        self._app, self._most, self._uploads = app, most, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = self._uploads if "/media/" in scope["path"] or scope["path"].endswith("/search") else self._most
        said = dict(scope["headers"]).get(b"content-length", b"")
        if said.isdigit() and int(said) > most:
            return await _too_large(most)(scope, receive, send)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise HTTPException(413, f"A body may have {most} bytes here.")  # others become a 400 on the way
            return message

        return await self._app(scope, counted, send)


def _too_large(most: int) -> ASGIApp:
    return problem(413, f"A body may have {most} bytes here.", {"Connection": "close"})

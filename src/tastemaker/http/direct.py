"""The addresses that are asked most, past the framework: the same functions, found by their exact paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tastemaker.http.limits import BodyLimit
from tastemaker.http.metrics import Measured
from tastemaker.http.problems import of_error, problem

End = Callable[[Request], Awaitable[Response]]


class Direct:
    """Answers at once where method and path are known, and passes everything else on.

    Matching patterns, dependencies and the layers of middleware take longer than a list does. What they do for these
    addresses is done here by the same parts: bodies are limited, answers measured, errors become problems.

    Args:
        app: What answers everything else, and describes all of it.
        routes: Routes whose functions take the request alone and answer it whole.
        most: Bytes of a body.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[Any], most: int) -> None:
        self._app = app
        self._ends = {
            (method, route.path): (route, Measured(BodyLimit(_ended(route.endpoint), most, most)))
            for route in routes
            for method in route.methods
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        found = self._ends.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            return await self._app(scope, receive, send)
        scope["route"], end = found
        await end(scope, receive, send)


def _ended(end: End) -> ASGIApp:
    """A function of a route, with its errors as the application tells them."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await end(Request(scope, receive))
        except HTTPException as error:
            response = problem(error.status_code, str(error.detail), error.headers)
        except Exception as error:
            response = of_error(error)
        await response(scope, receive, send)

    return answered

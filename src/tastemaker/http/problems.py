"""Errors as RFC 9457 problems: ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
import pydantic
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tastemaker.core import BadSetting, DataError, MissingExtra, ServiceError, TastemakerError

LOG = logging.getLogger("tastemaker.http")
TITLES = {
    400: "The request cannot be understood",
    401: "No valid key",
    403: "The key does not allow it",
    404: "Not found",
    405: "Not with this method",
    409: "It contradicts an earlier request",
    413: "Too large",
    415: "Not of a kind that is taken",
    422: "The request has values that cannot be taken",
    429: "Too many requests",
    500: "This should not have happened",
    501: "The model cannot do it",
    503: "Not now",
}


class Problem(Exception):
    """An answer that is no success.

    Args:
        status: HTTP status.
        detail: What is wrong, and what to do.
        headers: More headers.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The answer."""
    said = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail, **more}
    body = orjson.dumps(said, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, dict(headers or {}), media_type="application/problem+json")


def status_of(error: TastemakerError) -> int:
    """Which status an error of ours stands for."""
    if isinstance(error, ServiceError):
        return 503
    if isinstance(error, MissingExtra):
        return 501
    return 422 if isinstance(error, BadSetting | DataError) else 500


def of_error(error: Exception) -> Response:
    """Any error as a problem; what was not foreseen is logged, and not told."""
    if isinstance(error, Problem):
        return problem(error.status, error.detail, error.headers)
    if isinstance(error, pydantic.ValidationError):
        return problem(422, "Some values cannot be taken.", errors=wrong(error.errors(include_url=False)))
    if isinstance(error, TastemakerError):
        status = status_of(error)
        return problem(status, str(error), {"Retry-After": "1"} if status == 503 else None)
    LOG.error("unforeseen", exc_info=error)
    return problem(500, "Please report it; the log tells more.")


def wrong(errors: Any) -> list[dict[str, Any]]:
    """Where and what, without the values: they may be somebody's."""
    return [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in errors][:20]


def add(app: FastAPI) -> None:
    """Answer every error as a problem."""

    async def ours(request: Request, error: Exception) -> Response:
        return of_error(error)

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            return of_error(error)
        return problem(422, "Some values cannot be taken.", errors=wrong(error.errors()))

    async def plain(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return of_error(error)
        return problem(error.status_code, str(error.detail), error.headers)

    for kind in (Problem, TastemakerError, pydantic.ValidationError, Exception):
        app.add_exception_handler(kind, ours)
    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(HTTPException, plain)

"""Gorse's public addresses under /api: its clients move over by changing the address.

Differences: a key is always needed; deleting a user needs the scope admin; labels are attributes, so they are texts,
numbers, truths or lists of texts; lists have 200 places at most; ``value`` of feedback that tells none is 1.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from tastemaker.http.context import answer
from tastemaker.http.routes import gorse_catalog, gorse_feedback, gorse_lists, health

ROUTES = APIRouter(prefix="/api", tags=["gorse"])
for group in (gorse_catalog, gorse_feedback, gorse_lists):
    ROUTES.include_router(group.ROUTES)


@ROUTES.get("/health/live", summary="Whether the process answers")
async def live(request: Request) -> Response:
    """As Gorse tells it."""
    return await _told(request)


@ROUTES.get("/health/ready", summary="Whether requests can be served")
async def ready(request: Request) -> Response:
    """503 where they cannot."""
    return await _told(request, 503)


async def _told(request: Request, otherwise: int = 200) -> Response:
    found = await health.ready(request)
    error = found.status_code != 200
    said = {"Ready": not error, "DataStoreConnected": not error, "CacheStoreConnected": not error}
    return answer(said, otherwise if error else 200)

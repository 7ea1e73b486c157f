"""Whether it lives, whether it is ready, and how it does."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import TastemakerError
from tastemaker.http.context import Context, answer
from tastemaker.http.metrics import LOST, page
from tastemaker.http.problems import problem

ROUTES = APIRouter(tags=["health"])


@ROUTES.get("/health/live", summary="Whether the process answers")
async def live() -> Response:
    """Always yes."""
    return answer({"live": True})


@ROUTES.get("/health/ready", summary="Whether requests can be served")
async def ready(request: Request) -> Response:
    """503 while the data base does not answer, or no model is loaded."""
    context: Context = request.app.state.context
    try:
        await run_in_threadpool(context.service.store.check)
        version = (await run_in_threadpool(context.service.keeper)).engine.live.version
    except TastemakerError as error:
        return problem(503, str(error), {"Retry-After": "1"})
    return answer({"ready": True, "model": version})


@ROUTES.get("/metrics", summary="For Prometheus")
async def metrics(request: Request) -> Response:
    """Counts and times of this process; they name no user and no item."""
    context: Context = request.app.state.context
    LOST.set(context.service.lost)
    body, kind = page()
    return Response(body, media_type=kind)

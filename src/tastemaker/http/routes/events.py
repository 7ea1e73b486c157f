"""What users do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer, caller, described
from tastemaker.http.hooks import writer
from tastemaker.http.told import BODY, events_of

ROUTES = APIRouter(prefix="/v1/events", tags=["events"])
Writes = Annotated[Call, Depends(caller("write"))]
Id = Annotated[str, Query(min_length=1, max_length=256)]


@ROUTES.post("", summary="One event, or up to 5,000", openapi_extra=described(BODY))
async def append(request: Request) -> Response:
    """Durable when it is answered; an event with an id counts once, however often it comes.

    Needs a key with the scope write, or the headers webhook-id, webhook-timestamp and webhook-signature.
    """
    call = await writer(request)  # not by a dependency, which takes longer than the rest of the address
    events = events_of(await request.body())

    async def work() -> Any:
        new = await call.append(events)
        return {"new": sum(new), "known": len(new) - sum(new)}

    return await call.once(work)


@ROUTES.delete("", summary="Take back what a user did with an item")
async def delete(call: Writes, user: Id, item: Id, kind: Annotated[str, Query(max_length=64)] = "") -> Response:
    """All of it, or one kind."""
    gone = await run_in_threadpool(call.shop.delete_events, user, item, kind or None)
    return answer({"events": gone})

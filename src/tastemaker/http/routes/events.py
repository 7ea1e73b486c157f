"""What users do."""

from __future__ import annotations

import time
from typing import Annotated, Any

from annotated_types import MaxLen, MinLen
from fastapi import APIRouter, Depends, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer, caller, described
from tastemaker.http.hooks import writer
from tastemaker.http.wire import EventBody

ROUTES = APIRouter(prefix="/v1/events", tags=["events"])
Writes = Annotated[Call, Depends(caller("write"))]
Id = Annotated[str, Query(min_length=1, max_length=256)]
BODY: TypeAdapter[Any] = TypeAdapter(EventBody | Annotated[list[EventBody], MinLen(1), MaxLen(5000)])


@ROUTES.post("", summary="One event, or up to 5,000", openapi_extra=described(BODY))
async def append(request: Request) -> Response:
    """Durable when it is answered; an event with an id counts once, however often it comes.

    Needs a key with the scope write, or the headers webhook-id, webhook-timestamp and webhook-signature.
    """
    call = await writer(request)
    said = await call.body(BODY)
    now = time.time()
    events = [body.event(now) for body in (said if isinstance(said, list) else [said])]

    async def work() -> Any:
        new = await call.append(events)
        return {"new": sum(new), "known": len(new) - sum(new)}

    return await call.once(work)


@ROUTES.delete("", summary="Take back what a user did with an item")
async def delete(call: Writes, user: Id, item: Id, kind: Annotated[str, Query(max_length=64)] = "") -> Response:
    """All of it, or one kind."""
    gone = await run_in_threadpool(call.shop.delete_events, user, item, kind or None)
    return answer({"events": gone})

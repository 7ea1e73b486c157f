"""Gorse's addresses of feedback. Here every event is kept; one feedback is all of one user, item and type together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

from annotated_types import MaxLen
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer
from tastemaker.http.gorse_wire import FeedbackBody, accumulated, feedback_json
from tastemaker.http.problems import Problem
from tastemaker.http.routes.gorse_parts import Cursor, Name, PageN, Reads, Writes, rows
from tastemaker.storage.base import Event, Shop

ROUTES = APIRouter()
Many = Annotated[list[FeedbackBody], MaxLen(10_000)]
ALL = 100_000  # latest events of a user, or with an item, that are told
PAGE = 10_000


@ROUTES.post("/feedback", summary="Insert feedback; values add up")
async def insert(call: Writes, feedback: Many) -> Response:
    """Unknown users and items are made."""

    async def work() -> Any:
        now = time.time()
        await call.append([said.event(now) for said in feedback])
        return rows(len(feedback))

    return await call.once(work)


@ROUTES.put("/feedback", summary="Insert feedback in place of what there was")
async def overwrite(call: Writes, feedback: Many) -> Response:
    """Of one user, item and type the last one counts."""

    async def work() -> Any:
        now = time.time()
        await run_in_threadpool(_take_back, call.shop, feedback)
        await call.append([said.event(now) for said in {said.key: said for said in feedback}.values()])
        return rows(len(feedback))

    return await call.once(work)


@ROUTES.get("/feedback", summary="Feedback in order of arrival, a page at a time")
async def page(call: Reads, n: PageN = 10, cursor: Cursor = "") -> Response:
    """Every event by itself; `Cursor` is that of the next page, "" at the end."""
    return await _page(call, n, cursor, "")


@ROUTES.get("/feedback/{kind}", summary="Feedback of one type, a page at a time")
async def page_of_kind(call: Reads, kind: Name, n: PageN = 10, cursor: Cursor = "") -> Response:
    """As of all."""
    return await _page(call, n, cursor, kind)


@ROUTES.get("/feedback/{user}/{item}", summary="Feedback of a user to an item")
async def between(call: Reads, user: Name, item: Name) -> Response:
    """One a type."""
    events = await run_in_threadpool(call.shop.history, user, ALL)
    return answer(accumulated(event for event in events if event.item == item))


@ROUTES.delete("/feedback/{user}/{item}", summary="Delete feedback of a user to an item")
async def delete(call: Writes, user: Name, item: Name) -> Response:
    """Of all types."""
    return answer(rows(await run_in_threadpool(call.shop.delete_events, user, item)))


@ROUTES.get("/feedback/{kind}/{user}/{item}", summary="Feedback of one type of a user to an item")
async def one(call: Reads, kind: Name, user: Name, item: Name) -> Response:
    """404 where there is none."""
    events = await run_in_threadpool(call.shop.history, user, ALL)
    found = [event for event in events if event.item == item and event.kind == kind]
    if not found:
        raise Problem(404, f"There is no feedback {kind!r} of {user!r} to {item!r}.")
    return answer(feedback_json(found))


@ROUTES.delete("/feedback/{kind}/{user}/{item}", summary="Delete feedback of one type of a user to an item")
async def delete_one(call: Writes, kind: Name, user: Name, item: Name) -> Response:
    """However many events it is."""
    return answer(rows(await run_in_threadpool(call.shop.delete_events, user, item, kind)))


@ROUTES.get("/user/{user}/feedback", summary="Feedback of a user")
async def of_user(call: Reads, user: Name) -> Response:
    """One an item and type."""
    return answer(accumulated(await run_in_threadpool(call.shop.history, user, ALL)))


@ROUTES.get("/user/{user}/feedback/{kind}", summary="Feedback of a user of one type")
async def of_user_and_kind(call: Reads, user: Name, kind: Name) -> Response:
    """One an item."""
    events = await run_in_threadpool(call.shop.history, user, ALL)
    return answer(accumulated(event for event in events if event.kind == kind))


@ROUTES.get("/item/{item}/feedback", summary="Feedback to an item")
async def of_item(call: Reads, item: Name) -> Response:
    """One a user and type."""
    return answer(accumulated(await run_in_threadpool(call.shop.events_with, item, ALL)))


@ROUTES.get("/item/{item}/feedback/{kind}", summary="Feedback to an item of one type")
async def of_item_and_kind(call: Reads, item: Name, kind: Name) -> Response:
    """One a user."""
    events = await run_in_threadpool(call.shop.events_with, item, ALL)
    return answer(accumulated(event for event in events if event.kind == kind))


def _take_back(shop: Shop, feedback: Many) -> None:
    for user, item, kind in {said.key for said in feedback}:
        shop.delete_events(user, item, kind)


async def _page(call: Call, n: int, cursor: str, kind: str) -> Response:
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise Problem(400, "This is no cursor that an earlier page gave.")
    found = await run_in_threadpool(_some, call.shop, int(cursor or 0), n, kind)
    following = str(found[-1].number) if len(found) == n else ""
    return answer({"Cursor": following, "Feedback": [feedback_json([event]) for event in found]})


def _some(shop: Shop, after: int, n: int, kind: str) -> list[Event]:
    if not kind:
        return shop.events(after, n)
    matching = (event for event in _events(shop, after) if event.kind == kind)
    return [event for event, _ in zip(matching, range(n), strict=False)]


def _events(shop: Shop, after: int) -> Iterator[Event]:
    while found := shop.events(after, PAGE):
        yield from found
        after = found[-1].number

"""Items: in bulk and one by one, and their files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from annotated_types import MaxLen, MinLen
from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer, caller
from tastemaker.http.problems import Problem
from tastemaker.http.uploads import keep
from tastemaker.http.wire import ItemBody, ItemChange, plain
from tastemaker.storage.base import Item

ROUTES = APIRouter(prefix="/v1/items", tags=["items"])
Reads = Annotated[Call, Depends(caller("read"))]
Writes = Annotated[Call, Depends(caller("write"))]
Name = Annotated[str, Path(min_length=1, max_length=256)]
Page = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str, Query(max_length=256)]


@ROUTES.post("", summary="Create or replace up to 1,000 items")
async def put_many(call: Writes, items: Annotated[list[ItemBody], MinLen(1), MaxLen(1000)]) -> Response:
    """Each by its id; all or none."""

    async def work() -> Any:
        await _put(call, items)
        return {"items": len(items)}

    return await call.once(work)


@ROUTES.get("", summary="Items by id, a page at a time")
async def page(call: Reads, cursor: Cursor = "", limit: Page = 100) -> Response:
    """`next` is the cursor of the next page, "" at the end."""
    found = await run_in_threadpool(call.shop.items, cursor, limit)
    return answer({"items": [plain(item) for item in found], "next": found[-1].id if len(found) == limit else ""})


@ROUTES.put("/{name:path}/media/{modality}", summary="Upload a picture, sound or video of an item")
async def upload(call: Writes, name: Name, modality: Literal["image", "audio", "video"]) -> Response:
    """The body is the file; it takes the place of the item's files of that kind."""
    item = await run_in_threadpool(call.shop.item, name) or Item(name, created=time.time())
    folder = call.context.service.home.media(call.caller.tenant)
    file = await run_in_threadpool(keep, await call.request.body(), modality, folder)
    media = {**item.media, modality: (file,)}
    await call.put_items([replace(item, media=media)])
    return answer({"item": name, "file": file})


@ROUTES.get("/{name:path}", summary="One item")
async def one(call: Reads, name: Name) -> Response:
    """As it was given."""
    return answer(plain(await _known(call, name)))


@ROUTES.put("/{name:path}", summary="Create or replace one item")
async def put(call: Writes, name: Name, body: ItemBody) -> Response:
    """The id of the address and of the body must be the same."""
    if body.id != name:
        raise Problem(422, f"The address speaks of {name!r}, the body of {body.id!r}.")
    await _put(call, [body])
    return answer(plain(await _known(call, name)))


@ROUTES.patch("/{name:path}", summary="Change some fields of an item")
async def change(call: Writes, name: Name, body: ItemChange) -> Response:
    """Fields left out stay; attributes are replaced as a whole."""
    item = await _known(call, name)
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    for field in ("title", "texts", "media", "attributes", "hidden"):
        if field in changes and changes[field] is None:
            raise Problem(422, f"{field} cannot be null; leave it out to keep it.")
    if "texts" in changes:
        changes["texts"] = tuple(changes["texts"])
    await call.put_items([replace(item, **changes)])
    return answer(plain(await _known(call, name)))


@ROUTES.delete("/{name:path}", summary="Delete an item")
async def delete(call: Writes, name: Name) -> Response:
    """It is in no list from now on."""
    if not await run_in_threadpool(call.shop.delete_item, name):
        raise Problem(404, f"There is no item {name!r}.")
    await run_in_threadpool(call.context.service.written, call.caller.tenant)
    return Response(status_code=204)


async def _put(call: Call, bodies: Sequence[ItemBody]) -> None:
    def made() -> list[Item]:
        return [body.item(call.shop.item(body.id)) for body in bodies]

    await call.put_items(await run_in_threadpool(made))


async def _known(call: Call, name: str) -> Item:
    found = await run_in_threadpool(call.shop.item, name)
    if found is None:
        raise Problem(404, f"There is no item {name!r}.")
    return found

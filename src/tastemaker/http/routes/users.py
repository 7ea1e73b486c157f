"""Users: in bulk and one by one, what they did, and their rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import MaxLen, MinLen
from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer, caller
from tastemaker.http.problems import Problem
from tastemaker.http.wire import UserBody, plain

ROUTES = APIRouter(prefix="/v1/users", tags=["users"])
Reads = Annotated[Call, Depends(caller("read"))]
Writes = Annotated[Call, Depends(caller("write"))]
Admin = Annotated[Call, Depends(caller("admin"))]
Name = Annotated[str, Path(min_length=1, max_length=256)]
Page = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str, Query(max_length=256)]


@ROUTES.post("", summary="Create or replace up to 1,000 users")
async def put_many(call: Writes, users: Annotated[list[UserBody], MinLen(1), MaxLen(1000)]) -> Response:
    """Each by its id; all or none."""

    async def work() -> Any:
        await run_in_threadpool(_put, call, users)
        return {"users": len(users)}

    return await call.once(work)


@ROUTES.get("", summary="Users by id, a page at a time")
async def page(call: Reads, cursor: Cursor = "", limit: Page = 100) -> Response:
    """`next` is the cursor of the next page, "" at the end."""
    found = await run_in_threadpool(call.shop.users, cursor, limit)
    return answer({"users": [plain(user) for user in found], "next": found[-1].id if len(found) == limit else ""})


@ROUTES.get("/{name:path}/events", summary="What a user did, latest last")
async def events(call: Reads, name: Name, limit: Page = 100) -> Response:
    """The latest `limit`."""
    found = await run_in_threadpool(call.shop.history, name, limit)
    return answer({"events": [plain(event) for event in found]})


@ROUTES.get("/{name:path}/export", summary="Everything that is kept of a user")
async def export(call: Admin, name: Name) -> Response:
    """His attributes, events and the lists that he was given."""
    return answer(await run_in_threadpool(call.shop.export, name))


@ROUTES.get("/{name:path}", summary="One user")
async def one(call: Reads, name: Name) -> Response:
    """As he was given."""
    found = await run_in_threadpool(call.shop.user, name)
    if found is None:
        raise Problem(404, f"There is no user {name!r}.")
    return answer(plain(found))


@ROUTES.put("/{name:path}", summary="Create or replace one user")
async def put(call: Writes, name: Name, body: UserBody) -> Response:
    """The id of the address and of the body must be the same."""
    if body.id != name:
        raise Problem(422, f"The address speaks of {name!r}, the body of {body.id!r}.")
    await run_in_threadpool(_put, call, [body])
    return answer({"user": name})


@ROUTES.delete("/{name:path}", summary="Erase a user and all he did")
async def erase(call: Admin, name: Name) -> Response:
    """Out of the data base at once; out of models at the next training, which is told in `model_until_trained`."""
    rows = await run_in_threadpool(call.context.service.forget, call.caller.tenant, name)
    return answer({"rows": rows, "model_until_trained": call.keeper.engine.live.version})


def _put(call: Call, bodies: Sequence[UserBody]) -> None:
    call.shop.put_users([body.user(call.shop.user(body.id)) for body in bodies])

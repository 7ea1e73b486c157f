"""Gorse's addresses of items and users."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from annotated_types import MaxLen
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.http.context import Call, answer
from tastemaker.http.gorse_wire import (
    ItemBody,
    ItemPatch,
    UserBody,
    UserPatch,
    blank_item,
    categories_of,
    changed_item,
    changed_user,
    item_json,
    user_json,
)
from tastemaker.http.problems import Problem
from tastemaker.http.routes.gorse_parts import Admin, Cursor, Name, PageN, Reads, Writes, rows
from tastemaker.storage.base import Item, User

ROUTES = APIRouter()
Items = Annotated[list[ItemBody], MaxLen(10_000)]
Users = Annotated[list[UserBody], MaxLen(10_000)]


@ROUTES.post("/item", summary="Insert or overwrite an item")
async def put_item(call: Writes, body: ItemBody) -> Response:
    """Files, stock and an end that it has here stay."""
    return await call.once(lambda: _put_items(call, [body]))


@ROUTES.post("/items", summary="Insert or overwrite items")
async def put_items(call: Writes, items: Items) -> Response:
    """All or none."""
    return await call.once(lambda: _put_items(call, items))


@ROUTES.get("/items", summary="Items by id, a page at a time")
async def page_of_items(call: Reads, n: PageN = 10, cursor: Cursor = "") -> Response:
    """`Cursor` is that of the next page, "" at the end."""
    found = await run_in_threadpool(call.shop.items, cursor, n)
    following = found[-1].id if len(found) == n else ""
    return answer({"Cursor": following, "Items": [item_json(item) for item in found]})


@ROUTES.get("/item/{name}", summary="One item")
async def one_item(call: Reads, name: Name) -> Response:
    """404 where there is none."""
    return answer(item_json(await _item(call, name)))


@ROUTES.patch("/item/{name}", summary="Change an item")
async def patch_item(call: Writes, name: Name, body: ItemPatch) -> Response:
    """What is absent or null stays."""
    await call.put_items([changed_item(await _item(call, name), body)])
    return answer(rows(1))


@ROUTES.delete("/item/{name}", summary="Delete an item")
async def delete_item(call: Writes, name: Name) -> Response:
    """With its feedback."""
    there = await run_in_threadpool(call.shop.delete_item, name, True)
    await run_in_threadpool(call.context.service.written, call.caller.tenant)
    return answer(rows(int(there)))


@ROUTES.put("/item/{name}/category/{category}", summary="Put an item into a category")
async def add_category(call: Writes, name: Name, category: Name) -> Response:
    """Once, however often it is asked."""
    item = await _item(call, name)
    return await _categorised(call, item, [*categories_of(item), category])


@ROUTES.delete("/item/{name}/category/{category}", summary="Take an item out of a category")
async def drop_category(call: Writes, name: Name, category: Name) -> Response:
    """Also where it was not in it."""
    item = await _item(call, name)
    return await _categorised(call, item, [said for said in categories_of(item) if said != category])


@ROUTES.post("/user", summary="Insert or overwrite a user")
async def put_user(call: Writes, body: UserBody) -> Response:
    """A user who is not to be profiled stays so."""
    return await call.once(lambda: _put_users(call, [body]))


@ROUTES.post("/users", summary="Insert or overwrite users")
async def put_users(call: Writes, users: Users) -> Response:
    """All or none."""
    return await call.once(lambda: _put_users(call, users))


@ROUTES.get("/users", summary="Users by id, a page at a time")
async def page_of_users(call: Reads, n: PageN = 10, cursor: Cursor = "") -> Response:
    """As of items."""
    found = await run_in_threadpool(call.shop.users, cursor, n)
    following = found[-1].id if len(found) == n else ""
    return answer({"Cursor": following, "Users": [user_json(user) for user in found]})


@ROUTES.get("/user/{name}", summary="One user")
async def one_user(call: Reads, name: Name) -> Response:
    """404 where there is none."""
    return answer(user_json(await _user(call, name)))


@ROUTES.patch("/user/{name}", summary="Change a user")
async def patch_user(call: Writes, name: Name, body: UserPatch) -> Response:
    """What is absent or null stays."""
    await run_in_threadpool(call.shop.put_users, [changed_user(await _user(call, name), body)])
    return answer(rows(1))


@ROUTES.delete("/user/{name}", summary="Erase a user and all he did")
async def delete_user(call: Admin, name: Name) -> Response:
    """Needs a key with the scope admin, as at /v1."""
    gone = await run_in_threadpool(call.context.service.forget, call.caller.tenant, name)
    return answer(rows(int(gone > 0)))


async def _put_items(call: Call, bodies: Sequence[ItemBody]) -> dict[str, int]:
    def made() -> list[Item]:
        return [changed_item(blank_item(call.shop.item(said.item_id), said.item_id), said) for said in bodies]

    await call.put_items(await run_in_threadpool(made))
    return rows(len(bodies))


async def _put_users(call: Call, bodies: Sequence[UserBody]) -> dict[str, int]:
    def put() -> None:
        known = [call.shop.user(said.user_id) or User(said.user_id, created=time.time()) for said in bodies]
        blank = [replace(user, attributes={}) for user in known]
        call.shop.put_users([changed_user(user, said) for user, said in zip(blank, bodies, strict=True)])

    await run_in_threadpool(put)
    return rows(len(bodies))


async def _categorised(call: Call, item: Item, categories: Sequence[str]) -> Response:
    await call.put_items([changed_item(item, ItemPatch(categories=list(dict.fromkeys(categories))))])
    return answer(rows(1))


async def _item(call: Call, name: str) -> Item:
    found = await run_in_threadpool(call.shop.item, name)
    if found is None:
        raise Problem(404, f"There is no item {name!r}.")
    return found


async def _user(call: Call, name: str) -> User:
    found = await run_in_threadpool(call.shop.user, name)
    if found is None:
        raise Problem(404, f"There is no user {name!r}.")
    return found

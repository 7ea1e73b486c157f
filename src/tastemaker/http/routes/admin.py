"""For those who run it: keys and versions of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import DataError, SavedError, UnknownName
from tastemaker.http.context import Call, answer, caller
from tastemaker.http.keys import digest, new_key
from tastemaker.http.problems import Problem
from tastemaker.http.wire import KeyBody
from tastemaker.serving.home import named, rollback
from tastemaker.serving.home import promote as promote_version
from tastemaker.storage.base import Version

ROUTES = APIRouter(prefix="/v1/admin", tags=["admin"])
Admin = Annotated[Call, Depends(caller("admin"))]


@ROUTES.post("/keys", summary="A new key")
async def make_key(call: Admin, body: KeyBody) -> Response:
    """It is told once; the service keeps its hash alone. Keys of other tenants are made by the default one's admins."""
    if call.caller.tenant not in {body.tenant, "default"}:
        raise Problem(403, f"Your key is of the tenant {call.caller.tenant!r}.")
    key = new_key()
    await run_in_threadpool(call.context.service.store.put_key, digest(key), body.tenant, body.scopes, body.label)
    return answer({"key": key, "tenant": body.tenant, "scopes": body.scopes}, 201)


@ROUTES.delete("/keys/{key}", summary="Take a key away")
async def drop_key(call: Admin, key: Annotated[str, Path(min_length=1, max_length=128)]) -> Response:
    """From every process within two seconds. Keys of other tenants are taken away by the default one's admins."""
    store, tenant = call.context.service.store, call.caller.tenant
    found = await run_in_threadpool(store.key, digest(key))
    if found is None or tenant not in {found[0], "default"}:
        raise Problem(404, "There is no such key of yours.")
    await run_in_threadpool(store.put_key, digest(key), found[0], [])
    return Response(status_code=204)


@ROUTES.get("/models", summary="Versions of the model, oldest first")
async def models(call: Admin) -> Response:
    """With what was measured, and why each was promoted or not."""
    return answer({"models": [_plain(version) for version in await run_in_threadpool(call.shop.versions)]})


@ROUTES.post("/models/{name}/promote", summary="Serve this version from now on; also to go back to an older one")
async def promote(call: Admin, name: Annotated[str, Path(min_length=1, max_length=64)]) -> Response:
    """Without a dropped request; other processes follow within a tick."""
    return await _served(call, lambda: promote_version(call.shop, _named(call, name)))


@ROUTES.post("/models/rollback", summary="Serve what was served before")
async def roll_back(call: Admin) -> Response:
    """As promoting it; once more goes back further."""
    return await _served(call, lambda: rollback(call.shop))


async def _served(call: Call, made: Callable[[], Version]) -> Response:
    """Answer by the version that `made` made live; what is asked again by its key changes nothing more."""

    async def work() -> Any:
        try:
            version = await run_in_threadpool(made)
        except (DataError, SavedError) as error:
            raise Problem(409, str(error)) from error
        await run_in_threadpool(call.keeper.look)
        return _plain(version)

    return await call.once(work)


def _named(call: Call, name: str) -> Version:
    try:
        return named(call.shop, name)
    except UnknownName as error:
        raise Problem(404, str(error)) from error


def _plain(version: Version) -> dict[str, Any]:
    return {
        "name": version.name,
        "created": version.created,
        "state": version.state,
        "figures": dict(version.figures),
    }

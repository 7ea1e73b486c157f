"""For those who run it: experiments, and what other policies would have brought."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import UnknownName
from tastemaker.http.context import Call, answer, caller, described
from tastemaker.http.problems import Problem
from tastemaker.serving.analysis import analyse
from tastemaker.serving.arms import check
from tastemaker.serving.drafting import preferred
from tastemaker.serving.experiments import Experiment, read_experiments, write_experiments
from tastemaker.serving.logs import events_since, lists_since
from tastemaker.serving.offline import worth
from tastemaker.storage.base import Shop

ROUTES = APIRouter(prefix="/v1/admin", tags=["experiments"])
Admin = Annotated[Call, Depends(caller("admin"))]
EXPERIMENTS: TypeAdapter[list[Experiment]] = TypeAdapter(list[Experiment])


@ROUTES.get("/experiments", summary="Experiments")
async def experiments(call: Admin) -> Response:
    """Those that run, and others that are kept."""
    return answer({"experiments": await run_in_threadpool(_kept, call.shop)})


@ROUTES.put("/experiments", summary="Keep these instead of those kept so far", openapi_extra=described(EXPERIMENTS))
async def put_experiments(call: Admin) -> Response:
    """A list; served within a tick. Arms may set what a scenario has, and ``model``: a version."""
    try:
        given = await call.body(EXPERIMENTS)
        return answer({"experiments": await run_in_threadpool(_keep, call, given)})
    except UnknownName as error:
        raise Problem(422, str(error)) from error


def _keep(call: Call, given: list[Experiment]) -> list[dict[str, Any]]:
    versions = {version.name for version in call.shop.versions() if version.folder.is_dir()}
    for one in given:
        check(one, versions)
    write_experiments(call.shop, given)
    call.keeper.look()
    return _kept(call.shop)


@ROUTES.get("/experiments/{name}", summary="What an experiment has shown so far")
async def experiment(call: Admin, name: Annotated[str, Path(min_length=1, max_length=256)]) -> Response:
    """Its intervals may be looked at every day."""

    def work() -> Any:
        found = next((one for one in read_experiments(call.shop) if one.name == name), None)
        if found is None:
            raise Problem(404, f"There is no experiment {name!r}.")
        shown, events = lists_since(call.shop, found.start), events_since(call.shop, found.start)
        if found.interleave:
            return preferred(found, shown, events).to_json()
        return analyse(found, shown, events, time.time()).to_json()

    return answer(await run_in_threadpool(work))


@ROUTES.get("/off-policy", summary="What the same policy would have brought without exploration")
async def off_policy(
    call: Admin,
    kinds: Annotated[str, Query(max_length=200)] = "click",
    since: Annotated[float, Query(ge=0)] = 0.0,
) -> Response:
    """By the chances that were written down with each list; several kinds of events between commas."""
    names = [name.strip() for name in kinds.split(",") if name.strip()]
    return answer((await run_in_threadpool(worth, call.shop, names, since)).to_json())


def _kept(shop: Shop) -> list[dict[str, Any]]:
    return [one.to_json() for one in read_experiments(shop)]

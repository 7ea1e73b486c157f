"""Lists: recommended, similar, together, found, asked for now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import DataError
from tastemaker.data import FeatureSet
from tastemaker.http.context import Call, answer, caller, described
from tastemaker.http.problems import Problem
from tastemaker.http.uploads import lent
from tastemaker.http.wire import RateBody, SearchBody, SimilarBody, TogetherBody
from tastemaker.pipeline.pipeline import Neighbours
from tastemaker.rules.expression import Rule
from tastemaker.serving import beside
from tastemaker.serving.ask import Ask, Listed
from tastemaker.serving.engine import shown
from tastemaker.storage.base import Item

ROUTES = APIRouter(prefix="/v1", tags=["lists"])
READER = caller("read")
Reads = Annotated[Call, Depends(READER)]
K = Annotated[int, Query(ge=1, le=200)]
Filter = Annotated[str, Query(max_length=2000)]
ASK: TypeAdapter[Ask] = TypeAdapter(Ask)


@ROUTES.post("/recommend", summary="A list for a user, a visitor, or examples", openapi_extra=described(ASK))
async def recommend(request: Request) -> Response:
    """Events that name the answer's `request` are joined to it."""
    call = await READER(request)  # not by a dependency, which takes longer than the rest of the address
    ask = await call.body(ASK)
    found = await call.batches.ask(ask)
    call.keeper.keep([shown(ask, found, time.time())])
    return answer(found.to_json())


@ROUTES.post("/similar", summary="Items like an item, or users like a user")
async def similar(call: Reads, body: SimilarBody) -> Response:
    """By content where the item has any, else by who chose both."""
    if bool(body.item) == bool(body.user):
        raise Problem(422, "Name an item or a user; not both, not neither.")
    if body.user:
        ids, scores, by = await run_in_threadpool(_users, call, body.user, body.k)
        return answer({"users": [{"user": u, "score": s, "by": by} for u, s in zip(ids, scores, strict=True)]})
    return await _items(
        call, body.filter, lambda live, mask: beside.like_item(live, body.item, body.k, mask), body.item
    )


@ROUTES.post("/bought-together", summary="What those who chose an item chose too")
async def together(call: Reads, body: TogetherBody) -> Response:
    """As of the last training."""
    return await _items(call, body.filter, lambda live, mask: beside.together(live, body.item, body.k, mask), body.item)


@ROUTES.post("/search", summary="Items by words")
async def search(call: Reads, body: SearchBody) -> Response:
    """By meaning, in the space of the model's text encoders."""
    query = Item("query", texts=(body.text,))
    return await _found(call, lambda: call.keeper.encode(query), body.k, body.filter)


@ROUTES.post("/{modality}/search", summary="Items by a picture or a sound")
async def search_file(call: Reads, modality: Literal["image", "audio"], k: K = 10, filter: Filter = "") -> Response:
    """The body is the file."""
    folder = call.context.service.home.media(call.caller.tenant)
    body = await call.request.body()

    def encoded() -> FeatureSet:
        with lent(body, modality, folder) as file:
            return call.keeper.encode(Item("query", media={modality: (file,)}))

    return await _found(call, encoded, k, filter)


@ROUTES.post("/rate", summary="Predicted ratings")
async def rate(call: Reads, body: RateBody) -> Response:
    """One an item, in their order; only by models that predict ratings."""
    engine = call.keeper.engine

    def work() -> list[float]:
        asking = engine.asking(engine.live, Ask(user=body.user), time.time(), call.shop.user(body.user))
        return beside.ratings(engine.live, body.items, asking.query)

    found = await run_in_threadpool(work)
    return answer({"ratings": [{"item": i, "rating": r} for i, r in zip(body.items, found, strict=True)]})


@ROUTES.get("/trending", summary="What is asked for now")
async def trending(call: Reads, k: K = 20, filter: Filter = "") -> Response:
    """Every positive event counts, half after a day."""
    return await _items(call, filter, lambda live, mask: beside.now(live, k, mask))


@ROUTES.get("/onboarding", summary="What to ask a newcomer about first")
async def onboarding(call: Reads, k: K = 5, filter: Filter = "") -> Response:
    """Items that many know, and that differ."""
    return await _items(call, filter, lambda live, mask: beside.onboarding(live, k, mask))


def _users(call: Call, user: str, k: int) -> Neighbours:
    try:
        return call.keeper.engine.live.pipeline.similar_users(user, k)
    except DataError as error:
        raise Problem(404, f"The model knows no user {user!r}.") from error


async def _found(call: Call, encoded: Callable[[], FeatureSet], k: int, text: str) -> Response:
    features = await run_in_threadpool(encoded)
    return await _items(call, text, lambda live, mask: beside.found_by(live, features, k, mask))


async def _items(call: Call, text: str, work: Any, like: str = "") -> Response:
    """Items that `work` finds among those that the filter lets through; `like` must be known."""
    live = call.keeper.engine.live
    if like and live.row(like) is None:
        raise Problem(404, f"There is no item {like!r}.")

    def found() -> Sequence[Listed]:
        now = time.time()
        mask = beside.open_items(live, now)
        if text.strip():
            mask = mask & Rule.parse(text).mask(live.columns, now=now)[: len(mask)]
        listed: Sequence[Listed] = work(live, mask)
        return listed

    listed = await run_in_threadpool(found)
    return answer({"items": [one.to_json() for one in listed], "model": live.version})

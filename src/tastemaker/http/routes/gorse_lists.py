"""Gorse's addresses of lists."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import MaxLen
from fastapi import APIRouter, Depends, Query
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import DataError
from tastemaker.http.context import Call, answer
from tastemaker.http.gorse_wire import CATEGORIES, FeedbackBody
from tastemaker.http.problems import Problem
from tastemaker.http.routes.gorse_parts import Name, Reads
from tastemaker.rules.expression import Rule
from tastemaker.serving import beside
from tastemaker.serving.ask import Answer, Ask, Did, Listed
from tastemaker.serving.engine import shown
from tastemaker.serving.histories import LATER
from tastemaker.serving.live import Live
from tastemaker.serving.sources import best
from tastemaker.storage.base import Event

ROUTES = APIRouter()
DEEPEST = 200  # items of a list that can be asked for at all
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3}
Mask = NDArray[np.bool_]
Category = Annotated[str, Query(max_length=256)]
Feedback = Annotated[list[FeedbackBody], MaxLen(200)]


@dataclass(frozen=True)
class Window:
    """The part of a list that is wanted."""

    n: Annotated[int, Query(ge=1, le=DEEPEST)] = 10
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0

    @property
    def depth(self) -> int:
        """Items that must be found."""
        return min(DEEPEST, self.offset + self.n)

    def of(self, listed: Sequence[Any]) -> Sequence[Any]:
        """The part."""
        return listed[self.offset : self.offset + self.n]


@dataclass(frozen=True)
class WriteBack:
    """Feedback to be kept for what was listed; without a type none."""

    kind: Annotated[str, Query(alias="write-back-type", max_length=64)] = ""
    delay: Annotated[str, Query(alias="write-back-delay", max_length=32)] = ""

    def events(self, user: str, listed: Sequence[Listed]) -> list[Event]:
        """What is kept; what is delayed counts once its time has come."""
        wait = duration(self.delay)
        at, visit = time.time() + wait, LATER if wait else ""
        return [Event(user, one.item, self.kind, 1.0, at, session=visit) for one in listed]


Part = Annotated[Window, Depends(Window)]
Back = Annotated[WriteBack, Depends(WriteBack)]


@ROUTES.get("/recommend/{user}", summary="A list for a user")
async def recommend(call: Reads, user: Name, part: Part, back: Back, category: Category = "") -> Response:
    """Ids; with scores where the header X-API-Version is 2."""
    if back.kind:
        await call.context.keys.caller(call.request, "write")
    found = await _recommended(call, Ask(user=user, k=part.depth), part, category)
    if back.kind:
        await call.append(back.events(user, found))
    if call.request.headers.get("x-api-version") == "2":
        return answer(_scores(found))
    return answer([one.item for one in found])


@ROUTES.get("/recommend/{user}/{of}", summary="A list for a user, of one category")
async def recommend_of(call: Reads, user: Name, of: Name, part: Part, back: Back) -> Response:
    """As without."""
    return await recommend(call, user, part, back, of)


@ROUTES.post("/session/recommend", summary="A list for a visitor, by what he did in this visit")
async def session(call: Reads, feedback: Feedback, part: Part, category: Category = "") -> Response:
    """Nothing of it is kept."""
    did = [Did(item=said.item_id, kind=said.feedback_type, value=said.event(0).value) for said in feedback]
    return answer(_scores(await _recommended(call, Ask(events=did, k=part.depth), part, category)))


@ROUTES.get("/collaborative-filtering/{user}", summary="What the model alone lists for a user")
async def collaborative(call: Reads, user: Name, part: Part, category: Category = "") -> Response:
    """Without what fills a list that is too short."""
    found = await _recommended(call, Ask(user=user, k=part.depth), part, category)
    return answer(_scores(one for one in found if one.source == "model"))


@ROUTES.get("/latest", summary="The newest items")
async def latest(call: Reads, part: Part, category: Category = "") -> Response:
    """Scores are seconds since 1970."""
    return await _listed(call, part, category, newest)


@ROUTES.get("/popular", summary="What has always been liked")
async def popular(call: Reads, part: Part, category: Category = "") -> Response:
    """Scores are numbers of positive events."""
    return await _listed(call, part, category, most_liked)


@ROUTES.get("/non-personalized/{name}", summary="The newest, the most liked, or what is asked for now")
async def non_personalized(call: Reads, name: Name, part: Part, category: Category = "") -> Response:
    """`name` is latest, popular or trending."""
    return await _listed(call, part, category, _named(PLAIN, name))


@ROUTES.get("/item/{item}/neighbors", summary="Items like an item")
async def neighbors(call: Reads, item: Name, part: Part, category: Category = "") -> Response:
    """By content where the item has any, else by who chose both."""
    return await _near(call, item, part, category, beside.like_item)


@ROUTES.get("/item-to-item/{name}/{item}", summary="Items like an item, or chosen with it")
async def item_to_item(call: Reads, name: Name, item: Name, part: Part, category: Category = "") -> Response:
    """`name` is neighbors or bought-together."""
    return await _near(call, item, part, category, _named(NEAR, name))


@ROUTES.get("/user/{user}/neighbors", summary="Users like a user")
async def user_neighbors(call: Reads, user: Name, part: Part) -> Response:
    """By what they liked; none where he came after the model."""

    def work() -> list[dict[str, Any]]:
        try:
            ids, scores, _ = call.keeper.engine.live.pipeline.similar_users(user, part.depth)
        except DataError:
            return []
        return [{"Id": name, "Score": float(score)} for name, score in zip(ids, scores, strict=True)]

    return answer(part.of(await run_in_threadpool(work)))


@ROUTES.get("/user-to-user/{name}/{user}", summary="Users like a user")
async def user_to_user(call: Reads, name: Name, user: Name, part: Part) -> Response:
    """`name` is neighbors."""
    _named({"neighbors": user_neighbors}, name)
    return await user_neighbors(call, user, part)


def newest(live: Live, k: int, allowed: Mask) -> list[Listed]:
    """Latest first; items of which that is unknown are none."""
    created = live.created()[: len(allowed)]
    rows = np.flatnonzero(allowed & (created > 0))
    rows = rows[np.argsort(-created[rows], kind="stable")][:k]
    return [Listed(live.ids[row], float(created[row]), "fresh") for row in rows.tolist()]


def most_liked(live: Live, k: int, allowed: Mask) -> list[Listed]:
    """Most positive events first."""
    rows, scores = best(live.pulse.popular(len(allowed)).astype(np.float32), k, allowed)
    return [Listed(live.ids[r], s, "popular") for r, s in zip(rows.tolist(), scores.tolist(), strict=True)]


Finder = Callable[[Live, int, Mask], list[Listed]]
Near = Callable[[Live, str, int, Mask], list[Listed]]
PLAIN: dict[str, Finder] = {"latest": newest, "popular": most_liked, "trending": beside.now}
NEAR: dict[str, Near] = {"neighbors": beside.like_item, "bought-together": beside.together}


LONGEST = 366 * 86400.0  # seconds


def duration(text: str) -> float:
    """Seconds of a duration as Go writes it, such as ``1h30m``; raises `Problem` 400."""
    found = re.findall(r"(\d+(?:\.\d+)?)(ms|[hms])", text)
    if "".join(number + unit for number, unit in found) != text:
        raise Problem(400, f"{text!r} is no duration such as 10m or 1h30m.")
    seconds = sum(float(number) * UNITS[unit] for number, unit in found)
    if seconds > LONGEST:
        raise Problem(400, f"{text!r} is more than a year; expected a duration such as 10m or 1h30m.")
    return seconds


def rule_of(live: Live, category: str) -> str:
    """What is true of items of the category, "" for all; "false" where no item has one."""
    if not category:
        return ""
    cells = live.columns.view().cells
    several = [f"{category!r} in {name}" for name in (CATEGORIES, "category") if name in cells and cells[name].pairs]
    one = [f"category == {category!r}"] if "category" in cells and cells["category"].texts is not None else []
    return " or ".join([*several, *one]) or "false"


async def _recommended(call: Call, ask: Ask, part: Window, category: str) -> Sequence[Listed]:
    """The part of a list, kept as one that was given out."""
    ask = replace(ask, filter=rule_of(call.keeper.engine.live, category))
    found: Answer = await call.batches.ask(ask)
    found = replace(found, items=tuple(part.of(found.items)))
    call.keeper.keep([shown(ask, found, time.time())])
    return found.items


async def _listed(call: Call, part: Window, category: str, find: Finder) -> Response:
    live = call.keeper.engine.live

    def work() -> list[Listed]:
        now = time.time()
        allowed, rule = beside.open_items(live, now), rule_of(live, category)
        if rule:
            allowed = allowed & Rule.parse(rule).mask(live.columns, now=now)[: len(allowed)]
        return find(live, part.depth, allowed)

    return answer(_scores(part.of(await run_in_threadpool(work))))


async def _near(call: Call, item: str, part: Window, category: str, find: Near) -> Response:
    """None where the item is unknown, as Gorse has it."""

    def found(live: Live, k: int, allowed: Mask) -> list[Listed]:
        return find(live, item, k, allowed) if live.row(item) is not None else []

    return await _listed(call, part, category, found)


def _named(known: dict[str, Any], name: str) -> Any:
    if name not in known:
        raise Problem(404, f"There is no list called {name!r} here. Known: {', '.join(known)}.")
    return known[name]


def _scores(listed: Iterable[Listed]) -> list[dict[str, Any]]:
    return [{"Id": one.item, "Score": one.score} for one in listed]

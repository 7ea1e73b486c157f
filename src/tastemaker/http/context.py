"""What every address needs: the service, who calls, and answers as JSON."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import orjson
from fastapi import Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tastemaker.core import DataError, TastemakerError
from tastemaker.http.batches import Batches
from tastemaker.http.keys import Caller, Keys
from tastemaker.http.landing import Landing, Promised
from tastemaker.http.limits import Rates
from tastemaker.http.problems import Problem
from tastemaker.serving.keeper import Keeper
from tastemaker.serving.service import Service
from tastemaker.storage.base import Event, Happened, Item, Shop

T = TypeVar("T")
DAY = 86_400  # seconds within which a repeated call is known again


class Context:
    """One for an application; kept in its state.

    Args:
        service: What answers.
        hook_secret: What signed requests are signed with; empty takes none.
    """

    def __init__(self, service: Service, hook_secret: bytes = b"") -> None:
        self.service, self.hook_secret = service, hook_secret
        self.keys = Keys(service.store)
        self.rates = Rates(service.settings.requests_per_second)
        self._batches: dict[str, Batches] = {}
        self._landing: Landing | None = None
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def batches(self, keeper: Keeper, tenant: str) -> Batches:
        """Requests of one tenant that are answered together."""
        found = self._batches.get(tenant)
        if found is None:
            found = self._batches[tenant] = Batches(lambda asks: keeper.engine.recommend(asks))
        return found

    def landing(self) -> Landing:
        """Where the thread that stores events leaves its answers."""
        loop = asyncio.get_running_loop()
        if self._landing is None or self._landing.loop is not loop:
            self._landing = Landing(loop)
        return self._landing

    def alone(self, name: str) -> asyncio.Lock:
        """One at a time: a request that is sent again while the first is still worked on waits for its answer."""
        lock = self._alone.get(name)
        if lock is None:
            lock = self._alone[name] = asyncio.Lock()
        return lock

    def close(self) -> None:
        """End everything."""
        for batches in self._batches.values():
            batches.close()
        self.service.close()


class Call:
    """One request of a known caller.

    Args:
        request: The request.
        caller: Whose.

    Attributes:
        repeats: What tells that it came before; "" nothing.
    """

    def __init__(self, request: Request, caller: Caller) -> None:
        self.context: Context = request.app.state.context
        self.request, self.caller = request, caller
        self.repeats = request.headers.get("idempotency-key", "")

    @property
    def shop(self) -> Shop:
        """The caller's part of the store."""
        return self.context.service.shop(self.caller.tenant)

    @property
    def keeper(self) -> Keeper:
        """The caller's engine."""
        return self.context.service.keeper(self.caller.tenant)

    @property
    def batches(self) -> Batches:
        """Where his requests for lists go."""
        return self.context.batches(self.keeper, self.caller.tenant)

    async def put_items(self, items: Sequence[Item]) -> None:
        """Create or replace items, and let the engine know."""
        await run_in_threadpool(self.shop.put_items, items)
        await run_in_threadpool(self.context.service.written, self.caller.tenant)

    async def append(self, events: Sequence[Happened]) -> list[bool]:
        """Store events; whether each is new, once all are durable.

        Where the call is repeatable an event without an id gets one that is the same each time: whoever else stores
        the same call, or does so again after this process died, stores nothing.
        """
        if self.repeats:
            said = f"{self.caller.digest}\n{self.repeats}\n{int(time.time() // DAY)}".encode()
            own = hashlib.blake2b(said, digest_size=16).hexdigest()
            events = [one if one.id else _named(one, f"{own}{place:04x}") for place, one in enumerate(events)]
        promised = Promised(self.context.landing())
        self.context.service.intake.put(self.caller.tenant, events, promised)
        return await promised.future

    async def body(self, kind: TypeAdapter[T]) -> T:
        """The body, checked."""
        return kind.validate_json(await self.request.body() or b"{}")

    async def once(self, work: Callable[[], Awaitable[Any]]) -> Response:
        """The answer to a write; the same again where its ``Idempotency-Key`` came before."""
        key = self.repeats
        if not key:
            return answer(await work())
        if len(key) > 128:
            raise Problem(400, f"An Idempotency-Key may have 128 characters; this one has {len(key)}.")
        body = f"{self.request.method} {self.request.url.path}\n".encode() + await self.request.body()
        mark, name = hashlib.sha256(body).hexdigest(), f"{self.caller.digest[:16]} {key}"
        async with self.context.alone(f"{self.caller.tenant} {name}"):
            said = await self._kept(name, mark)
            if said is None:
                said = orjson.dumps(await work()).decode()
                await run_in_threadpool(self.shop.once, name, mark, said)
        return Response(said, media_type="application/json")

    async def _kept(self, name: str, mark: str) -> str | None:
        try:
            return await run_in_threadpool(self.shop.once, name, mark)
        except DataError as error:
            raise Problem(
                422, "The Idempotency-Key came with another request before; take a new one for each."
            ) from error


def _named(event: Happened, name: str) -> Event:
    told = (event.user, event.item, event.kind, event.value, event.time)
    return Event(*told, name, event.session, event.request, event.comment)


def answer(value: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(orjson.dumps(value), status, media_type="application/json")


def caller(scope: str) -> Callable[[Request], Awaitable[Call]]:
    """A dependency: who calls, with that scope."""

    async def depends(request: Request) -> Call:
        context: Context = request.app.state.context
        caller = await context.keys.caller(request, scope)
        context.rates.take(caller.digest)
        if not context.service.opened(caller.tenant):
            with suppress(TastemakerError):  # many addresses need no model; those that do say what is wrong
                await run_in_threadpool(context.service.keeper, caller.tenant)
        return Call(request, caller)

    return depends


def described(kind: TypeAdapter[Any]) -> dict[str, Any]:
    """What OpenAPI says of a body that is checked by hand."""
    schema = kind.json_schema()
    whole = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole}}}}


def _inlined(part: Any, known: dict[str, Any]) -> Any:
    """A schema with those that it refers to in their places: they are no components of the application's."""
    if isinstance(part, list):
        return [_inlined(inner, known) for inner in part]
    if not isinstance(part, dict):
        return part
    meant = known[part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
    return {name: _inlined(inner, known) for name, inner in {**meant, **part}.items() if name != "$ref"}

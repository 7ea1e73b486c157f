"""The application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

from tastemaker import __version__
from tastemaker.http import problems
from tastemaker.http.context import Context
from tastemaker.http.direct import Direct
from tastemaker.http.limits import BodyLimit, PlainJson
from tastemaker.http.metrics import Measured
from tastemaker.http.routes import admin, events, experiments, gorse, health, items, lists, users
from tastemaker.serving.service import Service

MOST_ASKED = (lists.recommend, events.append)


def application(service: Service, hook_secret: bytes = b"") -> FastAPI:
    """Addresses over `service`, which it closes when it ends; CORS stays off: pages ask their shop's own server.

    Args:
        service: What answers.
        hook_secret: What webhooks are signed with; empty takes none.
    """

    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        service.keeper()
        yield
        app.state.context.close()

    app = FastAPI(title="tastemaker", version=__version__, lifespan=alive, redoc_url=None)
    app.state.context = Context(service, hook_secret)
    for group in (lists, events, items, users, admin, experiments, health, gorse):
        app.include_router(group.ROUTES)
    problems.add(app)
    app.add_middleware(BodyLimit, most=service.settings.body_bytes, uploads=service.settings.upload_bytes)
    app.add_middleware(Measured)
    app.add_middleware(PlainJson)  # outside of the others: it copies the scope, where the router leaves the route
    asked = [route for group in (lists, events) for route in group.ROUTES.routes if _end(route) in MOST_ASKED]
    app.add_middleware(Direct, routes=asked, most=service.settings.body_bytes)
    return app


def _end(route: BaseRoute) -> Any:
    return getattr(route, "endpoint", None)

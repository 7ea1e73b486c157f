"""Counts and times for Prometheus."""

from __future__ import annotations

import time

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
TIMES = Histogram(
    "tastemaker_request_seconds", "Time of an answer", ("route", "method"), buckets=EDGES, registry=REGISTRY
)
DEGRADED = Counter("tastemaker_degraded_lists", "Lists made without the model, as it failed", registry=REGISTRY)
LOST = Gauge("tastemaker_lost_lists", "Lists that could not be kept for outcomes", registry=REGISTRY)
ANSWERS = Counter("tastemaker_answers", "Answers by status", ("route", "method", "status"), registry=REGISTRY)


def page() -> tuple[bytes, str]:
    """What /metrics answers, and its type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


class Measured:
    """Counts and times every answer by the pattern of its address, so that ids make no new series.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and measure."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            TIMES.labels(route, method).observe(time.perf_counter() - began)
            ANSWERS.labels(route, method, str(status)).inc()

"""A running service as tools of the Model Context Protocol, on standard input and output."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tastemaker import __version__
from tastemaker.core import BadSetting, MissingExtra, ServiceError, TastemakerError
from tastemaker.http.client import Client
from tastemaker.http.serve import KEY
from tastemaker.serving.ask import Listed
from tastemaker.serving.service import TENANT, open_service
from tastemaker.serving.settings import ServeSettings

P = ParamSpec("P")
T = TypeVar("T")
ABOUT = """Recommends items of a shop. `recommend` makes a list for a user, or for a visitor by items he likes; `search`
finds items by words; `similar` finds items like one; `explain` says why an item is recommended to a user. Filters are
expressions over attributes of items, such as: price < 50 and category == "shoes"."""
PATIENCE = 120.0  # seconds that a service of our own may take to start


@dataclass(frozen=True)
class McpRequest:
    """What the tools ask.

    Attributes:
        model: A saved pipeline, over which a service is started on this machine; None where one runs at `url`.
        url: Of a running service.
        key: Of that service, with the scope read; "" takes the variable TASTEMAKER_KEY.
        home: Folder of a service that is started; None is ``shop.service`` beside ``shop.tm``.
    """

    model: Path | None = None
    url: str | None = None
    key: str = ""
    home: Path | None = None


def serve_tools(request: McpRequest) -> None:
    """Answer until the input ends.

    Raises:
        BadSetting: neither or both of a model and an address, or no key.
        MissingExtra: mcp or httpx is not installed.
    """
    if (request.model is None) == (request.url is None):
        raise BadSetting("Name a saved pipeline, or a running service by --url URL; not both, not neither.")
    if request.model is not None:
        with _started(request.model, request.home) as client:
            _server(client).run("stdio")
        return
    key = request.key or os.environ.get(KEY, "")
    if not key:
        raise BadSetting(f"Give the service's key by --key KEY, or by the variable {KEY}.")
    with Client(request.url or "", key) as client:
        _server(client).run("stdio")


class Tools:
    """What can be asked; names, arguments and docstrings are what the other side sees.

    Args:
        client: Of the service.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def recommend(
        self, user: str = "", k: int = 10, liked: list[str] | None = None, filter: str = ""
    ) -> list[dict[str, Any]]:
        """Recommend items to a user; or to a visitor (no user) by the ids of items that he likes. Best first."""
        return _told(self._client.recommend(user, k, items=liked or [], filter=filter, explain=True).items)

    def search(self, text: str, k: int = 10, filter: str = "") -> list[dict[str, Any]]:
        """Find items by words, nearest in meaning first."""
        return _told(self._client.search(text, k, filter))

    def similar(self, item: str, k: int = 10, filter: str = "") -> list[dict[str, Any]]:
        """Find items like an item, given by its id, nearest first."""
        return _told(self._client.similar(item, k, filter))

    def explain(self, user: str, item: str) -> dict[str, Any]:
        """Say why an item is recommended to a user, or that it is not, as he has had it or it cannot be listed."""
        found = self._client.recommend(user, 1, filter=f"id == {item!r}", explain=True).items
        if not found:
            return {"item": item, "recommended": False, "reason": "He has had it, or it cannot be listed."}
        return {"recommended": True, **found[0].to_json()}


def _server(client: Client) -> Any:
    try:
        from mcp.server.mcpserver import MCPServer
    except ImportError as error:
        raise MissingExtra("mcp", "mcp") from error
    server = MCPServer("tastemaker", instructions=ABOUT, version=__version__, log_level="WARNING")
    tools = Tools(client)
    for tool in (tools.recommend, tools.search, tools.similar, tools.explain):
        server.add_tool(_spoken(tool))
    return server


def _spoken(tool: Callable[P, T]) -> Callable[P, T]:
    """Errors of ours are told to the other side, others hidden."""
    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def spoken(*args: P.args, **named: P.kwargs) -> T:
        try:
            return tool(*args, **named)
        except TastemakerError as error:
            raise ToolError(str(error)) from error

    return spoken


def _told(listed: Sequence[Listed]) -> list[dict[str, Any]]:
    return [one.to_json() for one in listed]


@contextmanager
def _started(model: Path, home: Path | None) -> Iterator[Client]:
    """A client of a service in this process, at a free port of the loopback, with a key that nobody else has."""
    import socket

    import uvicorn

    from tastemaker.http.app import application
    from tastemaker.http.keys import digest, new_key

    service, key = open_service(model, None, home, ServeSettings()), new_key()
    service.store.put_key(digest(key), TENANT, ["read"], "mcp")
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(application(service), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            with Client(f"http://127.0.0.1:{listening.getsockname()[1]}", key) as client:
                yield client
        finally:
            service.store.put_key(digest(key), TENANT, [])
            server.should_exit = True
            thread.join()


def _wait(server: Any, thread: threading.Thread) -> None:
    end = time.monotonic() + PATIENCE
    while not server.started:
        if time.monotonic() > end or not thread.is_alive():
            raise ServiceError("The service over the saved pipeline did not start; the log tells more.")
        time.sleep(0.02)

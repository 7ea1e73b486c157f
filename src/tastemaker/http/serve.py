"""Starting the service: checks first, then one process or several."""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.core import BadSetting, MissingExtra
from tastemaker.core.files import replacing
from tastemaker.core.run import Say

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tastemaker.serving.service import Service

SET_UP = "TASTEMAKER_SERVE"  # how the processes of one service learn what they serve
KEY = "TASTEMAKER_KEY"
SHORTEST = 16


@dataclass(frozen=True)
class ServeRequest:
    """What is served, and where.

    Attributes:
        model: A saved pipeline; None where `home` and `store` have one already.
        store: URL of the data base; None is SQLite in `home`.
        home: The service's own folder; None is ``shop.service`` beside ``shop.tm``.
        config: A TOML file with a table ``[serve]``.
        host: Address to listen on.
        port: 0 takes a free one.
        workers: Processes.
    """

    model: Path | None
    store: str | None = None
    home: Path | None = None
    config: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1

    def to_json(self) -> str:
        """For the processes of the service."""
        names = ("model", "store", "home", "config")
        return json.dumps({name: None if getattr(self, name) is None else str(getattr(self, name)) for name in names})


def serve(request: ServeRequest, say: Say) -> None:
    """Serve until it is stopped.

    Raises:
        BadSetting: another host than this machine without a key of your own, or a setting or secret that cannot be
            taken.
        SavedError: the model cannot be read.
        ServiceError: the data base does not answer.
    """
    uvicorn = _uvicorn()
    check_host(request.host)
    hook_secret()
    if request.workers < 1:
        raise BadSetting(f"--workers must be at least 1 (got {request.workers}).")
    service = _open(request)
    key, file = own_key(service), service.home.folder / "key"
    known = service.shop().users(limit=1) if sys.stdout.isatty() else []
    service.close()
    os.environ[SET_UP] = request.to_json()
    told = key if sys.stdout.isatty() or not key else f"$(cat {shlex.quote(str(file))})"
    say(greeting(request, told, known[0].id if known else "ann"))
    uvicorn.run(
        "tastemaker.http.serve:make",
        factory=True,
        host=request.host,
        port=request.port,
        workers=request.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def make() -> FastAPI:
    """The application, in each process of the service."""
    from tastemaker.http.app import application
    from tastemaker.http.logs import set_up

    set_up()
    said = json.loads(os.environ[SET_UP])
    paths = {name: None if said[name] is None else Path(said[name]) for name in ("model", "home", "config")}
    asked = ServeRequest(paths["model"], said["store"], paths["home"], paths["config"])
    return application(_open(asked), hook_secret())


def hook_secret() -> bytes:
    """What webhooks are signed with; raises `BadSetting` where it cannot be taken."""
    from tastemaker.http.hooks import SECRET, secret_of

    return secret_of(os.environ.get(SECRET, ""))


def greeting(request: ServeRequest, key: str, user: str) -> str:
    """What a terminal shows: where, the key where it is ours, and a first request.

    What is no terminal may be kept for long: `key` is then where it lies, and `user` nobody's name.
    """
    url = f"http://{request.host}:{request.port}"
    shown = key or f"${KEY}"
    body = json.dumps({"user": user, "k": 5, "explain": True})
    return (
        f"Serving on {url} (addresses and bodies: {url}/docs); stop with Ctrl-C.\n"
        f"Key: {shown}\n"
        f'  curl -s {url}/v1/recommend -H "Authorization: Bearer {shown}" -d {shlex.quote(body)}'
    )


def check_host(host: str) -> None:
    """Raise `BadSetting` where others could reach it and no key of your own is set."""
    if not loopback(host) and len(os.environ.get(KEY, "")) < SHORTEST:
        raise BadSetting(
            f"On {host} others can reach the service: set the variable {KEY} to a key of your own, {SHORTEST} "
            "characters at least, such as $(openssl rand -hex 32). On this machine alone: --host 127.0.0.1"
        )


def loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _open(request: ServeRequest) -> Service:
    from tastemaker.serving.service import open_service
    from tastemaker.serving.settings import read_settings

    return open_service(request.model, request.store, request.home, read_settings(request.config))


def own_key(service: Service) -> str:
    """A key of your own is registered and not told; else one is made, and kept for its owner's eyes alone."""
    from tastemaker.http.keys import SCOPES, digest, new_key
    from tastemaker.serving.service import TENANT

    own = os.environ.get(KEY, "")
    path = service.home.folder / "key"
    key = own or (path.read_text("ascii").strip() if path.is_file() else new_key())
    service.store.put_key(digest(key), TENANT, SCOPES, "own" if own else "first")
    if not own:
        with replacing(path, mode=0o600) as new:
            new.write_text(key, "ascii")
    return "" if own else key


def _uvicorn() -> Any:
    try:
        import fastapi  # noqa: F401
        import msgspec  # noqa: F401
        import orjson  # noqa: F401
        import uvicorn
    except ImportError as error:
        raise MissingExtra(str(error.name), "serve") from error
    return uvicorn

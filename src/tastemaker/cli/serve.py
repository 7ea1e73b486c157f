"""The command that serves."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command


def add(commands: Commands) -> None:
    """Add this group's commands."""
    made = command(
        commands,
        "serve",
        "a saved pipeline over HTTP: lists in milliseconds, feedback at once",
        "  tastemaker serve shop.tm\n"
        "  tastemaker serve shop.tm --port 9000 --config service.toml\n"
        "  tastemaker serve shop.tm --host 0.0.0.0 --store postgresql://shop@db/shop --workers 4",
        _serve,
    )
    made.add_argument("model", type=Path, nargs="?", metavar="DIR", help="a saved pipeline; not needed with a --home")
    made.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine)")
    made.add_argument("--port", type=int, default=8000, help="default 8000")
    made.add_argument("--store", metavar="URL", help="sqlite:///... or postgresql://... (default: SQLite in --home)")
    made.add_argument("--home", type=Path, metavar="DIR", help="the service's own folder (default: DIR.service)")
    made.add_argument("--config", type=Path, metavar="FILE", help="TOML with a table [serve]")
    made.add_argument("--workers", type=int, default=1, help="processes (default 1)")


def _serve(args: argparse.Namespace) -> None:
    from tastemaker.http.serve import ServeRequest, serve

    request = ServeRequest(args.model, args.store, args.home, args.config, args.host, args.port, args.workers)
    serve(request, _quiet if args.quiet else _say)


def _say(line: str) -> None:
    print(line, flush=True)


def _quiet(line: str) -> None:
    """Nothing."""

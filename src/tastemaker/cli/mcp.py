"""The command that gives a service to assistants."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command


def add(commands: Commands) -> None:
    """Add this group's commands."""
    made = command(
        commands,
        "mcp",
        "recommend, search, similar and explain as tools of the Model Context Protocol, on standard input and output",
        "  tastemaker mcp shop.tm\n  TASTEMAKER_KEY=... tastemaker mcp --url http://127.0.0.1:8000",
        _mcp,
    )
    made.add_argument("model", type=Path, nargs="?", metavar="DIR", help="a saved pipeline, served in this process")
    made.add_argument("--url", help="of a running service instead")
    made.add_argument("--key", default="", help="its key (default: the variable TASTEMAKER_KEY)")
    made.add_argument("--home", type=Path, metavar="DIR", help="folder of the service over DIR (default: DIR.service)")


def _mcp(args: argparse.Namespace) -> None:
    from tastemaker.http.mcp import McpRequest, serve_tools

    serve_tools(McpRequest(args.model, args.url, args.key, args.home))

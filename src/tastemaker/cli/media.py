"""The command that fetches media by their addresses."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command, run_of, show

CAPS = ("file", "total", "seconds", "workers", "per_host")


def add(commands: Commands) -> None:
    """Add this group's commands."""
    media = command(
        commands,
        "media",
        "fetch the pictures and sounds that the items name by http(s) addresses",
        "  tastemaker media pull shop/ --hosts img.shop.example '*.cdn.example'\n"
        "  tastemaker media pull shop/ --any-host --refresh\n"
        "  tastemaker media pull shop/ --hosts pictures.intranet:8080 --allow-private",
        _media,
    )
    media.add_argument("verb", choices=["pull"], help="what to do")
    media.add_argument("folder", type=Path, help="the data folder; files go into FOLDER/media")
    media.add_argument(
        "--hosts", nargs="+", default=[], metavar="HOST", help="hosts that may be asked; *.HOST: below it"
    )
    media.add_argument("--any-host", action="store_true", help="ask every host of the public network")
    media.add_argument("--allow-private", action="store_true", help="ask addresses of the inner network, too")
    media.add_argument("--refresh", action="store_true", help="ask whether what is here has changed, too")
    media.add_argument("--config", type=Path, metavar="FILE", help="settings over FOLDER/tastemaker.toml")
    media.add_argument("--max-file", type=int, dest="file", metavar="BYTES", help="of one file (default 50 MiB)")
    media.add_argument("--max-total", type=int, dest="total", metavar="BYTES", help="of this run (default 20 GiB)")
    media.add_argument("--seconds", type=float, metavar="S", help="for one answer (default 60)")
    media.add_argument("--workers", type=int, metavar="N", help="files fetched at once (default 8)")
    media.add_argument("--per-host", type=int, metavar="N", help="of these from one host (default 2)")


def _media(args: argparse.Namespace) -> None:
    from tastemaker.actions.media import PullRequest, pull

    request = PullRequest(
        args.folder,
        hosts=args.hosts,
        any_host=args.any_host,
        private=args.allow_private,
        refresh=args.refresh,
        caps={name: value for name in CAPS if (value := vars(args)[name]) is not None},
        config=args.config,
        run=run_of(args),
    )
    show(args, pull(request))

"""Commands that look at data: init, read, explore, export, encode."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import FOLDER, Commands, command, place, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    init = command(
        commands,
        "init",
        "look at a source and write tastemaker.toml beside it",
        "  tastemaker init shop/\n  tastemaker init ml-100k/ --print",
        _init,
    )
    init.add_argument("source", type=Path, help="a data folder, or a MovieLens, RecBole, MMRec or Parquet source")
    init.add_argument("--print", action="store_true", dest="only_print", help="print the settings, write nothing")
    init.add_argument("--force", action="store_true", help="replace a tastemaker.toml that is there")

    read = command(
        commands,
        "read",
        "read and clean a data folder and print the receipt",
        "  tastemaker read shop/\n  tastemaker read shop/ --json > receipt.json",
        _read,
    )
    read.add_argument("folder", type=place, help=FOLDER)
    read.add_argument("--config", type=Path, help="settings instead of FOLDER/tastemaker.toml")

    _add_explore(commands)
    export = command(
        commands,
        "export",
        "encode the items and write .npy vectors and ids for other toolboxes",
        "  tastemaker export shop/ --features vectors/",
        _export,
    )
    export.add_argument("folder", type=place, help=FOLDER)
    export.add_argument("--features", type=Path, required=True, metavar="OUT", help="folder for NAME.npy and NAME.ids")
    export.add_argument("--config", type=Path, help="settings instead of FOLDER/tastemaker.toml")
    export.add_argument("--verify", action="store_true", help="hash every file again instead of trusting its date")
    _add_encode(commands)


def _add_encode(commands: Commands) -> None:
    encode = command(
        commands,
        "encode",
        "encode the items into the cache that all commands use, in some processes or on a Ray cluster",
        "  tastemaker encode shop/\n  tastemaker encode shop/ --workers 8\n"
        "  tastemaker encode shop/ --executor ray://head.example:10001",
        _encode,
    )
    encode.add_argument("folder", type=place, help=FOLDER)
    encode.add_argument("--executor", default="local", metavar="WHERE", help="local (default), ray or ray://HOST:PORT")
    encode.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a core)")
    encode.add_argument("--config", type=Path, help="settings over FOLDER/tastemaker.toml")


def _add_explore(commands: Commands) -> None:
    explore = command(
        commands,
        "explore",
        "what is in the data and what to fix or collect first, as one page with pictures",
        "  tastemaker explore shop/\n  tastemaker explore shop/ --out shop.html --items 10000\n"
        "  tastemaker explore shop/ --json > explored.json",
        _explore,
    )
    explore.add_argument("folder", type=place, help=FOLDER)
    explore.add_argument("--out", type=Path, metavar="FILE", help="the page (default explore.html)")
    explore.add_argument("--config", type=Path, help="settings over FOLDER/tastemaker.toml")
    explore.add_argument("--items", type=int, metavar="N", help="items whose content is read (default 3000)")
    explore.add_argument("--seed", type=int, default=0, help="seed of samples and groups (default 0)")
    explore.add_argument("--threads", type=int, default=0, help="threads of the numeric libraries (default: theirs)")


def _init(args: argparse.Namespace) -> None:
    from tastemaker.actions.look import InitRequest, init

    show(args, init(InitRequest(args.source, write=not args.only_print, force=args.force)))


def _read(args: argparse.Namespace) -> None:
    from tastemaker.actions.look import ReadRequest, read

    show(args, read(ReadRequest(args.folder, config=args.config, run=run_of(args))))


def _explore(args: argparse.Namespace) -> None:
    from tastemaker.actions.explore import ExploreRequest, explore

    request = ExploreRequest(args.folder, out=args.out, config=args.config, items=args.items, run=run_of(args))
    show(args, explore(request))


def _export(args: argparse.Namespace) -> None:
    from tastemaker.actions.look import ExportRequest, export

    request = ExportRequest(args.folder, out=args.features, config=args.config, verify=args.verify, run=run_of(args))
    show(args, export(request))


def _encode(args: argparse.Namespace) -> None:
    from tastemaker.actions.encode import EncodeRequest, encode

    where = {"executor": args.executor, "workers": args.workers}
    show(args, encode(EncodeRequest(args.folder, config=args.config, run=run_of(args), **where)))

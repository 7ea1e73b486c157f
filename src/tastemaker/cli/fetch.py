"""Commands that fetch or make things: data, weights, demo, doctor."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    data = command(
        commands,
        "data",
        "public data sets and generated worlds",
        "  tastemaker data list\n"
        "  tastemaker data pull movielens-100k\n"
        "  tastemaker data make world --out world/ --set users=500 --set taste=image",
        _data,
    )
    data.add_argument("verb", choices=["list", "pull", "make"], help="what to do")
    data.add_argument("name", nargs="?", help="a data set (pull), or `world` (make)")
    data.add_argument("--out", type=Path, metavar="DIR", help="where to (default: the data folder of this user)")
    data.add_argument("--seed", type=int, default=0, help="seed of a generated world (default 0)")
    data.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the world; may be repeated",
    )

    weights = command(
        commands,
        "weights",
        "pretrained weights: list, pull, verify",
        "  tastemaker weights list\n  tastemaker weights pull minilm efficientnet musicnn\n"
        "  tastemaker weights pull hub:google-bert/bert-base-uncased@REVISION\n  tastemaker weights verify",
        _weights,
    )
    weights.add_argument("verb", choices=["list", "pull", "verify"], help="what to do")
    weights.add_argument("names", nargs="*", help="names from the list (default: all), or hub:ORG/NAME@REVISION")

    demo = command(
        commands,
        "demo",
        "MovieLens-100K and a generated world from end to end",
        "  tastemaker demo\n  tastemaker demo --out demo/",
        _demo,
    )
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="where to (default demo/)")
    demo.add_argument("--seed", type=int, default=0, help="seed (default 0)")

    command(
        commands,
        "doctor",
        "what works on this machine and what is missing",
        "  tastemaker doctor\n  tastemaker doctor --json",
        _doctor,
    )


def _data(args: argparse.Namespace) -> None:
    from tastemaker.actions.fetch import DataRequest, data

    show(args, data(DataRequest(args.verb, args.name, out=args.out, settings=args.set, run=run_of(args))))


def _weights(args: argparse.Namespace) -> None:
    from tastemaker.actions.fetch import WeightsRequest, weights

    show(args, weights(WeightsRequest(args.verb, args.names, run=run_of(args))))


def _demo(args: argparse.Namespace) -> None:
    from tastemaker.actions.demo import DemoRequest, demo

    show(args, demo(DemoRequest(args.out, run=run_of(args))))


def _doctor(args: argparse.Namespace) -> None:
    from tastemaker.actions.doctor import doctor

    show(args, doctor())

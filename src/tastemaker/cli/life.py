"""Commands for the life of a model: train, update, models."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.cli.output import Commands, command, run_of, show

if TYPE_CHECKING:
    from tastemaker.actions.life import Place, TrainRequest


def add(commands: Commands) -> None:
    """Add this group's commands."""
    train = command(
        commands,
        "train",
        "search for a model in a service's store, and serve it where it is not worse than the one that serves",
        "  tastemaker train --home shop.service\n"
        "  tastemaker train --from-store postgresql://shop@db/shop --home shop.service --every 24h --budget 30m",
        _train,
    )
    _learning(train)
    update = command(
        commands,
        "update",
        "let the settings of the model that serves learn anew from what came since; far cheaper than train",
        "  tastemaker update --home shop.service\n  tastemaker update --home shop.service --every 1h",
        _update,
    )
    _learning(update)
    _looking(commands)


def _looking(commands: Commands) -> None:
    models = command(
        commands,
        "models",
        "versions of a service's model, with what was measured",
        "  tastemaker models --home shop.service\n"
        "  tastemaker models promote v0003 --home shop.service\n"
        "  tastemaker models rollback --home shop.service",
        _models,
    )
    models.add_argument("do", nargs="?", choices=("list", "promote", "rollback"), default="list")
    models.add_argument("name", nargs="?", default="", metavar="VERSION", help="what is promoted, such as v0003")
    place(models)
    judge = command(
        commands,
        "judge",
        "what the lists of a service would have brought without exploration, from the chances written down with them",
        "  tastemaker judge --home shop.service\n  tastemaker judge --home shop.service --kinds purchase cart",
        _judge,
    )
    place(judge)
    judge.add_argument("--kinds", nargs="+", default=["click"], metavar="EVENT", help="what counts (default click)")


def place(made: argparse.ArgumentParser) -> None:
    """Options that name a shop."""
    made.add_argument("--home", type=Path, required=True, metavar="DIR", help="the service's folder")
    made.add_argument(
        "--from-store", dest="store", metavar="URL", help="sqlite:///... or postgresql://... (default: in --home)"
    )
    made.add_argument("--tenant", default="default", help="whose (default: default)")


def place_of(args: argparse.Namespace) -> Place:
    """What they name."""
    from tastemaker.actions.life import Place

    return Place(args.home, args.store, args.tenant)


def _learning(made: argparse.ArgumentParser) -> None:
    place(made)
    made.add_argument("--config", type=Path, metavar="FILE", help="settings over HOME/tastemaker.toml")
    made.add_argument("--every", metavar="TIME", help="stay, and do it again so often, such as 1h or 24h")
    made.add_argument("--budget", metavar="TIME", help="time for one search, such as 90s, 5m, 1h")
    made.add_argument("--tolerance", type=float, default=0.1, help="share of NDCG that may get lost (default 0.1)")
    made.add_argument("--keep", type=int, default=5, help="newest versions whose folders stay (default 5)")
    made.add_argument("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    made.add_argument("--threads", type=int, default=0, help="threads of the numeric libraries (default: theirs)")


def _train(args: argparse.Namespace) -> None:
    from tastemaker.actions.life import train

    _repeat(args, train)


def _update(args: argparse.Namespace) -> None:
    from tastemaker.actions.life import update

    _repeat(args, update)


def _models(args: argparse.Namespace) -> None:
    from tastemaker.actions.life import models

    show(args, models(place_of(args), args.do, args.name))


def _judge(args: argparse.Namespace) -> None:
    from tastemaker.actions.life import judge

    show(args, judge(place_of(args), args.kinds))


def _repeat(args: argparse.Namespace, work: Callable[[TrainRequest], Any]) -> None:
    """Once, or again and again until it is stopped; a try that fails is told, and the next one comes in its time."""
    from tastemaker.core import TastemakerError
    from tastemaker.learning.limits import seconds_of

    request = _request(args)
    if args.every is None:
        show(args, work(request))
        return
    every = seconds_of(args.every)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            began = time.monotonic()
            try:
                show(args, work(request))
            except TastemakerError as error:
                print(f"error: {error}", file=sys.stderr)
            sys.stdout.flush()
            time.sleep(max(0.0, began + every - time.monotonic()))
    except KeyboardInterrupt:
        request.run.say("stopped; what was registered stays")


def _request(args: argparse.Namespace) -> TrainRequest:
    from dataclasses import replace

    from tastemaker.actions.life import TrainRequest
    from tastemaker.learning.limits import seconds_of
    from tastemaker.serving.life import gate_of

    run = replace(run_of(args), seconds=seconds_of(args.budget) if args.budget else None)
    return TrainRequest(place_of(args), args.config, gate_of(tolerance=args.tolerance, keep=args.keep), run)

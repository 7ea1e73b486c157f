"""Commands that learn: run, fit."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tastemaker.cli.output import FOLDER, Commands, command, place, run_of, show

ASKED = ("future", "any", "last", "time", "random", "cold_users", "cold_items")  # as `data.held_out.Asked`


def add(commands: Commands) -> None:
    """Add this group's commands."""
    run = command(
        commands,
        "run",
        "the main job: read, clean, split, encode, fuse, fit, measure, then refit on everything and save",
        "  tastemaker run shop/ --out shop.tm\n"
        "  tastemaker run shop/ --out shop.tm --model content --split cold_items\n"
        "  tastemaker run shop/ --out shop.tm --config mine.toml --seed 1 --json",
        _run,
    )
    _shared(run)
    run.add_argument(
        "--split",
        metavar="HOW",
        help="time, last, random, ratings, cold_items, cold_users, given or files:DIR (default: by the data)",
    )
    run.add_argument("-k", type=int, help="length of the measured lists (default 10)")

    _add_fit(commands)


def _add_fit(commands: Commands) -> None:
    fit = command(
        commands,
        "fit",
        "learn from all interactions of a folder and save the pipeline",
        "  tastemaker fit shop/ --out shop.tm\n"
        "  tastemaker fit shop/ --out shop.tm --for random\n"
        "  tastemaker fit shop/ --out shop.tm --model content",
        _fit,
    )
    _shared(fit)
    fit.add_argument(
        "--for",
        dest="asked",
        choices=ASKED,
        metavar="HOW",
        help="what lists will be for, which auto chooses by: future (what users take next, and what new users take), "
        "random (what is missing), any (both), or as the other splits of run (default: future, or any where most "
        "events of a user stand within half a minute of the one before)",
    )


def _shared(made: argparse.ArgumentParser) -> None:
    made.add_argument("folder", type=place, help=FOLDER)
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pipeline is saved")
    made.add_argument("--config", type=Path, metavar="FILE", help="settings over FOLDER/tastemaker.toml")
    made.add_argument("--model", metavar="NAME", help="a recommender by name (default: auto, which chooses)")
    made.add_argument("--budget", metavar="TIME", help="time for one fit, such as 90s, 5m, 1h (default: the model's)")
    made.add_argument("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    made.add_argument("--threads", type=int, default=0, help="threads of the numeric libraries (default: theirs)")
    made.add_argument("--verify", action="store_true", help="hash every file again instead of trusting its date")


def _run(args: argparse.Namespace) -> None:
    from tastemaker.actions.learn import RunRequest, run

    show(args, run(RunRequest(split=args.split, k=args.k, **_told(args))))


def _fit(args: argparse.Namespace) -> None:
    from tastemaker.actions.learn import FitRequest, fit

    show(args, fit(FitRequest(asked=args.asked, **_told(args))))


def _told(args: argparse.Namespace) -> dict[str, Any]:
    """What both take."""
    from dataclasses import replace

    from tastemaker.learning.limits import seconds_of

    budgeted = replace(run_of(args), seconds=seconds_of(args.budget) if args.budget else None)
    names = ("folder", "out", "config", "model", "verify")
    return {**{name: getattr(args, name) for name in names}, "run": budgeted}

"""Commands that choose and try: tune, compare, robustness, ladder."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import FOLDER, Commands, command, place, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    _add_tune(commands)
    _add_compare(commands)
    _add_robustness(commands)
    _add_ladder(commands)


def _add_tune(commands: Commands) -> None:
    tune = command(
        commands,
        "tune",
        "choose a model's settings on the validation data",
        "  tastemaker tune shop/ --model item_knn --out shop.tune\n"
        "  tastemaker tune shop/ --model content --split cold_items --budget 5m --out shop.tune\n"
        "  tastemaker run shop/ --config shop.tune/tuned.toml --out shop.tm",
        _tune,
    )
    tune.add_argument("folder", type=place, help=FOLDER)
    tune.add_argument("--model", required=True, metavar="NAME", help="a recommender by name")
    _shared(tune)


def _add_compare(commands: Commands) -> None:
    compare = command(
        commands,
        "compare",
        "tune many models alike, measure each on the test once a seed, and write one table",
        "  tastemaker compare shop/ --models families --out shop.compare\n"
        "  tastemaker compare shop/ --models popular,item_knn,content --split last --seeds 3 --budget 5m --out c",
        _compare,
    )
    compare.add_argument("folder", type=place, help=FOLDER)
    compare.add_argument(
        "--models",
        default="families",
        metavar="NAMES",
        help="names with commas; families: one of each kind (default); all: every recommender",
    )
    compare.add_argument("--seeds", type=int, default=1, metavar="N", help="training seeds (default 1)")
    _shared(compare)


def _add_robustness(commands: Commands) -> None:
    made = command(
        commands,
        "robustness",
        "how models bear missing and wrong content, fake ratings and little behaviour",
        "  tastemaker robustness shop/ --models content,two_tower --out shop.robust\n"
        "  tastemaker robustness shop/ --models content --harms sources --split cold_items --out r",
        _robustness,
    )
    made.add_argument("folder", type=place, help=FOLDER)
    made.add_argument("--models", default="content", metavar="NAMES", help="names with commas (default: content)")
    made.add_argument(
        "--harms",
        default="all",
        metavar="KINDS",
        help="sources, missing, new, wrong, fake, pushed, less, short, with commas (default: all)",
    )
    _common(made)


def _add_ladder(commands: Commands) -> None:
    made = command(
        commands,
        "ladder",
        "what a larger encoder buys: lists of new items by one encoder after the other, beside their costs",
        "  tastemaker ladder shop/ --out shop.ladder\n"
        "  tastemaker ladder shop/ --encoders tfidf,minilm,efficientnet --split time --out l",
        _ladder,
    )
    made.add_argument("folder", type=place, help=FOLDER)
    made.add_argument(
        "--encoders",
        default="tfidf,use,minilm,smollm",
        metavar="NAMES",
        help="names with commas, small ones first (default: tfidf,use,minilm,smollm); empty: the configuration's",
    )
    made.add_argument("--model", default="content", metavar="NAME", help="ranks by content (default: content)")
    _common(made)
    made.set_defaults(split="cold_items")


def _shared(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--budget", metavar="TIME", help="tuning time of each model, such as 30s, 5m or 1h (default: none)"
    )
    made.add_argument("--trials", type=int, default=30, metavar="N", help="most settings tried (default 30)")
    _common(made)


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="where work and tables go; may go on")
    made.add_argument("--split", metavar="HOW", help="as in `run` (default: by the data)")
    made.add_argument("--config", type=Path, metavar="FILE", help="settings over FOLDER/tastemaker.toml")
    made.add_argument("-k", type=int, help="length of the measured lists (default 10)")
    made.add_argument("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    made.add_argument("--threads", type=int, default=0, help="threads of the numeric libraries (default: theirs)")


def _tune(args: argparse.Namespace) -> None:
    from tastemaker.actions.tune import TuneRequest, tune
    from tastemaker.learning.limits import Limits, seconds_of

    request = TuneRequest(
        args.folder,
        args.out,
        args.model,
        split=args.split,
        limits=Limits(args.trials, args.budget and seconds_of(args.budget)),
        config=args.config,
        k=args.k,
        run=run_of(args),
    )
    show(args, tune(request))


def _compare(args: argparse.Namespace) -> None:
    from tastemaker.actions.compare import CompareRequest, compare
    from tastemaker.learning.limits import Limits, seconds_of

    request = CompareRequest(
        args.folder,
        args.out,
        models=args.models,
        split=args.split,
        seeds=args.seeds,
        limits=Limits(args.trials, args.budget and seconds_of(args.budget)),
        config=args.config,
        k=args.k,
        run=run_of(args),
    )
    show(args, compare(request))


def _robustness(args: argparse.Namespace) -> None:
    from tastemaker.actions.robustness import RobustnessRequest, robustness

    request = RobustnessRequest(
        args.folder,
        args.out,
        models=args.models,
        harms=args.harms,
        split=args.split,
        config=args.config,
        k=args.k,
        run=run_of(args),
    )
    show(args, robustness(request))


def _ladder(args: argparse.Namespace) -> None:
    from tastemaker.actions.ladder import LadderRequest, ladder

    request = LadderRequest(
        args.folder,
        args.out,
        encoders=args.encoders or None,
        model=args.model,
        split=args.split,
        config=args.config,
        k=args.k,
        run=run_of(args),
    )
    show(args, ladder(request))

"""The command that measures lists: evaluate."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import Commands, command, run_of, show


def add(commands: Commands) -> None:
    """Add this group's command."""
    evaluate = command(
        commands,
        "evaluate",
        "accuracy, coverage, diversity and novelty of a pipeline or of anybody's lists",
        "  tastemaker evaluate shop.tm --test next_week.csv\n"
        "  tastemaker evaluate --recs lists.csv --train train.csv --test test.csv -k 10",
        _evaluate,
    )
    evaluate.add_argument("pipeline", type=Path, nargs="?", metavar="DIR", help="a saved pipeline")
    evaluate.add_argument("--test", type=Path, required=True, metavar="FILE", help="what came: user_id, item_id, ...")
    evaluate.add_argument("--recs", type=Path, metavar="FILE", help="lists: user_id, item_id, rank")
    evaluate.add_argument("--train", type=Path, metavar="FILE", help="what the lists were made from")
    evaluate.add_argument("-k", type=int, default=10, help="places that count (default 10)")


def _evaluate(args: argparse.Namespace) -> None:
    from tastemaker.actions.measure import EvaluateRequest, evaluate

    request = EvaluateRequest(
        args.test, pipeline=args.pipeline, recs=args.recs, train=args.train, k=args.k, run=run_of(args)
    )
    show(args, evaluate(request))

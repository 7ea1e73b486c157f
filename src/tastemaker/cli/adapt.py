"""Commands that adapt large models: finetune."""

from __future__ import annotations

import argparse
from pathlib import Path

from tastemaker.cli.output import FOLDER, Commands, command, place, run_of, show


def add(commands: Commands) -> None:
    """Add this group's commands."""
    made = command(
        commands,
        "finetune",
        "adapt an encoder to your data, judged by items that training never saw",
        "  tastemaker finetune shop/ --out shop.minilm\n"
        "  tastemaker finetune shop/ --how lora --rank 4 --budget 10m --out shop.minilm\n"
        "  tastemaker finetune shop/ --encoder efficientnet --out shop.pictures",
        _finetune,
    )
    made.add_argument("folder", type=place, help=FOLDER)
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the tuned encoder goes")
    made.add_argument("--encoder", default="minilm", metavar="NAME", help="minilm (default), bert or efficientnet")
    made.add_argument(
        "--how",
        default="side",
        metavar="WAY",
        help="side: a small network on cached states (default); lora: low-rank adapters; full: the last blocks; "
        "mlm: the last blocks, by hidden words of your texts",
    )
    _options(made)


def _options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--layers", type=int, metavar="N", help="blocks that full and mlm train (default 2)")
    made.add_argument("--rank", type=int, metavar="N", help="rank of the adapters of lora (default 8)")
    made.add_argument("--epochs", type=int, metavar="N", help="most epochs (default 6)")
    made.add_argument("--steps", type=int, metavar="N", help="steps an epoch (default: 60 for side, else 30)")
    made.add_argument("--batch", type=int, metavar="N", help="pairs of items a step (default: 64 for side, else 24)")
    made.add_argument("--rate", type=float, help="learning rate (default: by the way)")
    made.add_argument("--budget", metavar="TIME", help="time for training, such as 90s, 5m, 1h (default: none)")
    made.add_argument("--checkpoints", type=Path, metavar="DIR", help="where a stopped training goes on from")
    made.add_argument("--config", type=Path, metavar="FILE", help="settings over FOLDER/tastemaker.toml")
    made.add_argument("--seed", type=int, default=0, help="equal seeds give equal results (default 0)")
    made.add_argument("--threads", type=int, default=0, help="threads of the numeric libraries (default: theirs)")


def _finetune(args: argparse.Namespace) -> None:
    from dataclasses import replace

    from tastemaker.actions.finetune import FinetuneRequest, finetune
    from tastemaker.learning.limits import seconds_of

    names = ("how", "layers", "rank", "epochs", "steps", "batch", "rate")
    run = replace(
        run_of(args),
        seconds=seconds_of(args.budget) if args.budget else None,
        checkpoints=args.checkpoints or Path(f"{args.out}.checkpoints"),
    )
    request = FinetuneRequest(
        args.folder,
        args.out,
        encoder=args.encoder,
        settings={name: getattr(args, name) for name in names},
        config=args.config,
        run=run,
    )
    show(args, finetune(request))
